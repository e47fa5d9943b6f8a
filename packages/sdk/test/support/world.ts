import { createClientIn } from '../../src/client.ts'
import { SYSTEM } from '../../src/environment.ts'
import type { ClientEvents, ClientOptions, NoKinds, TidingsClient } from '../../src/index.ts'
import { reuseTestPlace } from '../../../server/test/support/databases.ts'
// What the run's setup provides to `databases.ts`.
import type {} from '../../../server/test/support/postgres-setup.ts'
import { openTcpProxy, type TcpProxy } from '../../../server/test/support/tcp-proxy.ts'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '../../../server/test/support/test-server.ts'

/** A real server behind a wire that can be cut. */
export interface World extends AsyncDisposable {
  readonly url: string
  readonly proxy: TcpProxy
  /** A client of nobody, or of whom its options say. */
  open(options?: Partial<ClientOptions<NoKinds>>): TidingsClient
  /** A signed-in client of a new user; its traffic goes through the proxy. */
  join(name: string, options?: Partial<ClientOptions<NoKinds>>): Promise<TidingsClient>
  /** Another client of a user who has joined. */
  again(name: string, options?: Partial<ClientOptions<NoKinds>>): Promise<TidingsClient>
  /** Stops the server, lets something happen, and starts it again on the same database and port. */
  restart(meanwhile?: () => Promise<void>): Promise<void>
}

const PASSWORD = 'correct horse'

/** Quick to notice what a test does to the wire. */
const IMPATIENT = {
  pingIntervalMs: 200,
  pingTimeoutMs: 300,
  connectTimeoutMs: 1000,
  callTimeoutMs: 5000,
}

/** Waits of the lowest quarter: they still grow, and a test is not about their length. */
const HURRIED = { ...SYSTEM, random: () => Math.random() / 4 }

/** Starts a server, by default on SQLite, with a fault proxy before it. Clients are closed at the end. */
export async function openWorld(options: Partial<TestServerOptions> = {}): Promise<World> {
  const place = await reuseTestPlace(options.engine ?? 'sqlite')
  const start = (port = 0): Promise<TestServer> =>
    startTestServer({
      engine: 'sqlite',
      databaseUrl: place.url,
      ...options,
      config: { port, ...options.config },
    })
  let server = await start()
  const proxy = await openTcpProxy(server.port)
  const url = `http://127.0.0.1:${proxy.port}`
  const clients: TidingsClient[] = []
  const open = (own: Partial<ClientOptions<NoKinds>> = {}): TidingsClient => {
    const client = createClientIn<NoKinds>({ url, ...IMPATIENT, ...own }, HURRIED)
    clients.push(client)
    return client
  }
  return {
    url,
    proxy,
    open,
    async join(name, own) {
      const client = open(own)
      await client.account.register({ username: name, password: PASSWORD, signIn: true })
      return client
    },
    async again(name, own) {
      const client = open(own)
      await client.account.login({ login: name, password: PASSWORD })
      return client
    },
    async restart(meanwhile) {
      const { port } = server
      await server[Symbol.asyncDispose]()
      await meanwhile?.()
      server = await start(port)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

/** Resolves with the next event of a name that fits. */
export function next<Name extends keyof ClientEvents<NoKinds>>(
  client: TidingsClient,
  name: Name,
  fits: (event: ClientEvents<NoKinds>[Name]) => boolean = () => true,
): Promise<ClientEvents<NoKinds>[Name]> {
  return new Promise((resolve) => {
    const stop = client.on(name, (event) => {
      if (!fits(event)) return
      stop()
      resolve(event)
    })
  })
}

/** Waits until a time is over: of two conversations only a later millisecond says which is the younger one. */
export function untilAfter(time: number): void {
  while (Date.now() <= time);
}

/** Two connected people and their direct conversation. */
export async function openPair(world: World): Promise<{
  readonly ann: TidingsClient
  readonly bob: TidingsClient
  readonly conversationId: string
}> {
  const [ann, bob] = await Promise.all([world.join('ann'), world.join('bob')])
  const { id } = await ann.conversation.open({ username: 'bob' })
  await Promise.all([ann.connect(), bob.connect()])
  return { ann, bob, conversationId: id }
}
