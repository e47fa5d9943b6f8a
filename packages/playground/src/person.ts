import { createClient, type TidingsClient } from '@tidings/sdk'
import { keep, keptTokens, readKept } from './kept.ts'
import { Names } from './names.ts'
import { Network } from './network.ts'
import { NumberedFeed } from './numbered-feed.ts'
import { randomName, type Tab } from './tab.ts'

/** Somebody who is signed in, with what he works with. */
export interface Person {
  readonly id: string
  readonly username: string
  /** As long as the page lives; unknown after a reload. */
  readonly password: string | undefined
  readonly client: TidingsClient
  readonly network: Network
  readonly feed: NumberedFeed
  readonly names: Names
}

/** What a seat's clients are made with. */
export interface Desk {
  readonly network: Network
  readonly client: TidingsClient
  /** Signs in beside the first, so that the numbered events come to a device of their own. */
  readonly feedClient: TidingsClient
  readonly deviceId: string
}

/** This server, at whatever path: this file lies one below it. */
const url = new URL('..', import.meta.url).href

/** Two clients of one person on one wire; nobody is signed in yet, unless this seat was taken before a reload. */
export function openDesk(seat: string, tab: Tab): Desk {
  const network = new Network()
  const wire = { url, WebSocket: network.WebSocket, fetch: network.fetch }
  return {
    network,
    client: createClient({
      ...wire,
      tokens: keptTokens(`${seat}.client`),
      storage: tab.storageOf(seat),
    }),
    feedClient: createClient({ ...wire, tokens: keptTokens(`${seat}.feed`) }),
    deviceId: deviceOf(seat),
  }
}

/** The same after a reload: then the device gets what it has missed meanwhile. */
function deviceOf(seat: string): string {
  const kept = readKept(`${seat}.device`)
  const deviceId = typeof kept === 'string' ? kept : randomName()
  keep(`${seat}.device`, deviceId)
  return deviceId
}

/** Everything that a signed-in person has; connecting goes on by itself. */
export function seatPerson(
  { network, client, feedClient, deviceId }: Desk,
  user: { readonly id: string; readonly username: string },
  password: string | undefined,
): Person {
  // Without a password the feed's own sign-in was kept over a reload.
  const signIn =
    password === undefined
      ? undefined
      : () => feedClient.account.login({ login: user.username, password })
  const feed = new NumberedFeed({ client: feedClient, network, deviceId, signIn })
  const names = new Names(client)
  names.learn(user)
  // Its end is told by the state of the connection.
  client.connect().catch(() => undefined)
  return { ...user, password, client, network, feed, names }
}

/** Ends what a person has open; nothing is signed out. */
export async function closeDesk({ client, feedClient }: Desk): Promise<void> {
  await Promise.all([client.close(), feedClient.close()])
}
