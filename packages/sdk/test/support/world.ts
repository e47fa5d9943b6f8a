import {
  createClient,
  type ClientEvents,
  type ClientOptions,
  type NoKinds,
  type TidingsClient,
} from '../../src/index.ts'
import {
  startTestServer,
  type TestServerOptions,
} from '../../../server/test/support/test-server.ts'
import { openTcpProxy, type TcpProxy } from '../../../server/test/support/tcp-proxy.ts'

export type Client = TidingsClient

/** A server behind a wire that can be cut. */
export interface World extends AsyncDisposable {
  readonly url: string
  readonly proxy: TcpProxy
  /** A signed-in client of a new user; its traffic goes through the proxy. */
  join(name: string, options?: Partial<ClientOptions<NoKinds>>): Promise<Client>
}

export const PASSWORD = 'correct horse'

/** Starts a server on SQLite with a fault proxy before it. Clients are closed at the end. */
export async function openWorld(options: Partial<TestServerOptions> = {}): Promise<World> {
  const server = await startTestServer({ engine: 'sqlite', ...options })
  const proxy = await openTcpProxy(server.port)
  const url = `http://127.0.0.1:${proxy.port}`
  const clients: Client[] = []
  return {
    url,
    proxy,
    async join(name, own) {
      const client = createClient({ url, ...own })
      clients.push(client)
      await client.account.register({ username: name, password: PASSWORD, signIn: true })
      return client
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close()
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Resolves with the next event of a name that fits. */
export function next<Name extends keyof ClientEvents<NoKinds>>(
  client: Client,
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
