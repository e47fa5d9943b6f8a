import { join } from 'node:path'
import { createCoreClient, type CoreClient } from '../../../src/core-entry.ts'
import { memoryStorage, memoryTokens } from '../../../src/index.ts'
import { openNotes } from './notes.ts'
import { watchStorage, type WatchedStorage } from './watched-storage.ts'

/** Many clients of a few users. */
export interface FlockOrders {
  readonly url: string
  /** Where what they note goes. */
  readonly folder: string
  /** Users to be registered; each has as many clients as the others. */
  readonly names: readonly string[]
  readonly clientsEach: number
}

interface Bird {
  readonly client: CoreClient
  readonly storage: WatchedStorage
}

const PASSWORD = 'correct horse'

/** Clients that only listen. Those of a user share his sign-in, as the tabs of a browser do. */
export class Flock {
  readonly #birds: Bird[] = []
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get connected(): number {
    return this.#birds.filter(({ client }) => client.connection.state.state === 'connected').length
  }

  get size(): number {
    return this.#birds.length
  }

  /** Answers the ids of the users. Everybody is connected then. */
  async open({ url, folder, names, clientsEach }: FlockOrders): Promise<readonly string[]> {
    const note = openNotes(join(folder, `${names[0] ?? 'flock'}.flock`))
    const userIds: string[] = []
    for (const name of names) {
      const tokens = memoryTokens()
      const first = createCoreClient({ url, tokens })
      await first.account.register({ username: name, password: PASSWORD, signIn: true })
      userIds.push(first.userId ?? '')
      await first.close()
      const { accessToken = '' } = (await tokens.load()) ?? {}
      const own = Array.from({ length: clientsEach }, () => {
        const storage = watchStorage(memoryStorage(), () => undefined)
        const client = createCoreClient({
          ...{ url, storage, catchUp: 'from-start', delivered: 'manual' },
          accessToken: () => accessToken,
        })
        client.on('error', (fault) => note({ kind: 'broken', what: String(fault) }))
        client.on('connection', this.#onChange)
        return { client, storage }
      })
      this.#birds.push(...own)
      // A user at a time: what is measured is how they come back.
      await Promise.all(own.map(({ client }) => client.connect()))
    }
    return userIds
  }

  /** How many have not got as far as `seq` in a stream. */
  behind(stream: string, seq: number): number {
    return this.#birds.filter(({ storage }) => (storage.positions.get(stream)?.seq ?? 0) < seq)
      .length
  }

  async close(): Promise<void> {
    await Promise.all(this.#birds.map(({ client }) => client.close()))
  }
}
