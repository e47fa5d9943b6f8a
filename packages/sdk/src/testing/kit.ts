import type { Kinds, NoKinds } from '@tidings/protocol/wire'
import { createClientIn } from '../client.ts'
import type { TidingsClient } from '../tidings-client.ts'
import type { ClientOptions } from '../options.ts'
import { memoryTokens, type TokenStore } from '../tokens.ts'
import { chanceOf } from './chance.ts'
import { VirtualClock, type TestClock } from './clock.ts'
import { ClientNetwork, type TestNetwork } from './network.ts'
import { fetchOver, webSocketOver } from './platform.ts'
import type { TestKitServerOptions } from './options.ts'
import { openKitServer, type KitServer } from './server.ts'
import { watchedStorage } from './storage.ts'

/** Options of {@link openTestKit}. */
export interface TestKitOptions<K extends Kinds> {
  /** The app's own message kinds, for the server and every client. @default no kinds of its own: texts, images and videos */
  readonly kinds?: K | undefined
  /** Ids, tags of chance and waits are the same in every run with the same seed. @default 1 */
  readonly seed?: number | undefined
  /** The time at which the kit's clock begins, milliseconds since 1970. @default the first of January 2026, UTC */
  readonly startAt?: number | undefined
  /** The server's limits, if the test is about them. @default so generous that no test meets them */
  readonly server?: TestKitServerOptions | undefined
}

/** Options of a client of a kit: those of `createClient`, and who it is. */
export interface TestClientOptions<K extends Kinds> extends Partial<
  Omit<ClientOptions<K>, 'url' | 'fetch' | 'WebSocket' | 'kinds'>
> {
  /** Signed in as this user, whom the kit makes when it first hears of him. @default signed in as nobody */
  readonly username?: string | undefined
  /** The password of a user who has registered by himself. @default {@link TestKit.password} */
  readonly password?: string | undefined
}

/** A server and its clients in this process, on a clock and a network of the test's. */
export interface TestKit<K extends Kinds = NoKinds> extends AsyncDisposable {
  /** The server's address; only the kit's own clients reach it. */
  readonly url: string
  /** Of every user that the kit makes. */
  readonly password: string
  readonly clock: TestClock
  /**
   * A client, signed in and not connected yet. A known name gives one more device of that user.
   * @example
   * ```ts
   * const ann = await kit.createClient('ann')
   * const restarted = await kit.createClient({ username: 'ann', storage })
   * ```
   */
  createClient(options?: string | TestClientOptions<K>): Promise<TidingsClient<K>>
  /** The network of one client of this kit. */
  network(client: TidingsClient<K>): TestNetwork
  /** Resolves when everything that needs no time has been done: what was sent has arrived, listeners were called. */
  settle(): Promise<void>
  /** Stops the server, as for an update, and starts it again on the same database; its clients come back by themselves. */
  restartServer(): Promise<void>
  /** Closes the clients and the server and removes the database. `await using` does it too. */
  close(): Promise<void>
}

/** No such address can be reached: the name is reserved by RFC 2606. */
const ORIGIN = 'http://tidings.test'
const PASSWORD = 'correct horse'
const START = Date.UTC(2026, 0, 1)

/**
 * Opens a test kit: the real server with its real router, and as many real clients as the test makes, without a port.
 * Needs `@tidings/server` as a development dependency.
 *
 * @example
 * ```ts
 * await using kit = await openTestKit()
 * const ann = await kit.createClient('ann')
 * const bob = await kit.createClient('bob')
 * bob.on('message.created', ({ body }) => seen.push(body.message))
 * await bob.connect()
 * const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
 * await ann.message.send({ conversationId, body: { kind: 'text', text: 'hello' } })
 * await kit.settle()
 * ```
 */
export async function openTestKit<K extends Kinds = NoKinds>(
  options: TestKitOptions<K> = {},
): Promise<TestKit<K>> {
  const { kinds, seed = 1, startAt = START, server: settings = {} } = options
  const clock = new VirtualClock(startAt)
  const chance = chanceOf(seed)
  const server = await openKitServer({ url: ORIGIN, clock, chance, kinds, server: settings })
  return new Kit<K>({ clock, server, seed, kinds })
}

interface KitParts<K extends Kinds> {
  readonly clock: VirtualClock
  readonly server: KitServer
  readonly seed: number
  readonly kinds: K | undefined
}

class Kit<K extends Kinds> implements TestKit<K> {
  readonly url = ORIGIN
  readonly password = PASSWORD
  readonly clock: VirtualClock
  readonly #parts: KitParts<K>
  readonly #networks = new Map<TidingsClient<K>, ClientNetwork>()
  /** Made by the kit. */
  readonly #users = new Set<string>()
  #closing: Promise<void> | undefined

  constructor(parts: KitParts<K>) {
    this.clock = parts.clock
    this.#parts = parts
  }

  async createClient(options: string | TestClientOptions<K> = {}): Promise<TidingsClient<K>> {
    const { username, password, ...own } =
      typeof options === 'string' ? { username: options } : options
    const tokens = own.tokens ?? memoryTokens()
    if (username !== undefined) await this.#signIn(tokens, { username, password })
    const { server } = this.#parts
    const network = new ClientNetwork(this.clock, (stream) => server.accept(stream))
    const client = this.#open({ ...own, tokens }, network)
    this.#networks.set(client, network)
    // From the start it is known whose it is.
    if (username !== undefined) await client.store.load()
    return client
  }

  network(client: TidingsClient<K>): TestNetwork {
    const network = this.#networks.get(client)
    if (network === undefined) throw new Error('this client is not of this test kit')
    return network
  }

  settle(): Promise<void> {
    return this.clock.settle()
  }

  restartServer(): Promise<void> {
    return this.clock.finish(this.#parts.server.restart())
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const closing = [...this.#networks.keys()].map((client) => client.close())
    await this.clock.finish(Promise.all(closing))
    for (const network of this.#networks.values()) network.drop()
    await this.clock.finish(this.#parts.server.close())
    this.clock.stop()
  }

  /** By the server's own procedures, and unseen by the network. A store that holds a sign-in is left as it is. */
  async #signIn(
    tokens: TokenStore,
    { username, password }: { username: string; password?: string | undefined },
  ): Promise<void> {
    if ((await tokens.load()) !== undefined) return
    const { account } = await this.#parts.server.createCaller()
    if (password === undefined && !this.#users.has(username)) {
      const made = await account.register({ username, password: PASSWORD, signIn: true })
      this.#users.add(username)
      await tokens.save(made.credentials ?? undefined)
    } else
      await tokens.save(await account.login({ login: username, password: password ?? PASSWORD }))
  }

  #open(options: TestClientOptions<K>, network: ClientNetwork): TidingsClient<K> {
    const { clock } = this
    const { seed, kinds } = this.#parts
    const chance = chanceOf(seed * 1_000_003 + this.#networks.size + 1)
    const place = {
      url: ORIGIN,
      fetch: fetchOver(network, ORIGIN),
      WebSocket: webSocketOver(network),
    }
    return createClientIn<K>(
      { ...options, ...place, kinds, storage: watchedStorage(clock, options.storage) },
      {
        now: () => clock.elapsed(),
        wallClock: () => clock.now(),
        after: (ms, run) => clock.after(ms, run),
        random: () => chance.random(),
        newId: () => chance.newId(),
      },
    )
  }
}
