import type { ClientEvents, NoKinds, TidingsClient } from '../../../src/index.ts'
import { createClient } from '../../../src/index.ts'
import type { ConfigOptions } from '../../../../server/src/config.ts'
import { createTestPlace } from '../../../../server/test/support/databases.ts'
// What the run's setup provides to `databases.ts`.
import type {} from '../../../../server/test/support/postgres-setup.ts'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '../../../../server/test/support/test-server.ts'

/** A signed-in, connected client and all that it was told, in order. */
export interface Device {
  readonly client: TidingsClient
  readonly userId: string
  readonly told: ClientEvents<NoKinds>['event'][]
  readonly signals: ClientEvents<NoKinds>[
    'typing.started' | 'typing.stopped' | 'presence.changed'][]
  readonly states: string[]
  /** The texts of a conversation's messages, as they were told. */
  texts(conversationId: string): string[]
}

/** Servers on one Postgres database. */
export interface Cluster extends AsyncDisposable {
  readonly servers: readonly TestServer[]
  /** A device at a server: of a new user, or of one who has one already. */
  open(name: string, at: number): Promise<Device>
}

const PASSWORD = 'correct horse'

/** Starts so many servers; clients and servers are closed at the end. */
export async function openCluster(
  count: number,
  config: Pick<ConfigOptions, 'broker' | 'redisUrl'>,
  timings?: TestServerOptions['timings'],
): Promise<Cluster> {
  const place = await createTestPlace('postgres')
  const start = () =>
    startTestServer({ engine: 'postgres', databaseUrl: place.url, config, timings })
  const servers: TestServer[] = []
  for (let at = 0; at < count; at += 1) servers.push(await start())
  const clients: TidingsClient[] = []
  const known = new Set<string>()
  return {
    servers,
    async open(name, at) {
      const client = createClient({ url: servers[at]?.url ?? '' })
      clients.push(client)
      if (known.has(name)) await client.account.login({ login: name, password: PASSWORD })
      else await client.account.register({ username: name, password: PASSWORD, signIn: true })
      known.add(name)
      const device = watch(client, (await client.account.get()).id)
      await client.connect()
      return device
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
      await place[Symbol.asyncDispose]()
    },
  }
}

function watch(client: TidingsClient, userId: string): Device {
  const told: Device['told'] = []
  const signals: Device['signals'] = []
  const states: string[] = []
  client.on('event', (event) => told.push(event))
  for (const name of ['typing.started', 'typing.stopped', 'presence.changed'] as const)
    client.on(name, (signal) => signals.push(signal))
  client.on('connection', ({ state }) => states.push(state))
  return {
    client,
    userId,
    told,
    signals,
    states,
    texts: (conversationId) =>
      told.flatMap((event) => {
        if (event.type !== 'message.created' || event.stream !== `m:${conversationId}`) return []
        const { body } = event.body.message
        return body.kind === 'text' ? [body.text] : []
      }),
  }
}
