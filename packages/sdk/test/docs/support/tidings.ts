import { createServer, type Server } from '@tidings/server'
import { createClient, type TidingsClient } from '../../../src/index.ts'
import { createTestPlace } from '../../../../server/test/support/databases.ts'

/** A server at the port that a page names, for pages that take one for granted. */
export interface PageServer extends AsyncDisposable {
  readonly url: string
  /** A signed-in, connected client of a new user. */
  join(username: string): Promise<TidingsClient>
  /** Stops, does something, and starts again. */
  restart(meanwhile: () => Promise<void>): Promise<void>
}

export async function serveAt(port: number): Promise<PageServer> {
  const place = await createTestPlace('sqlite')
  const clients: TidingsClient[] = []
  const start = async (): Promise<Server> => {
    const server = createServer({ databaseUrl: place.url, port, logLevel: 'silent' })
    await server.listen()
    return server
  }
  let server = await start()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    async join(username) {
      const client = createClient({ url })
      clients.push(client)
      await client.account.register({ username, password: 'correct horse', signIn: true })
      await client.connect()
      return client
    },
    async restart(meanwhile) {
      await server.close()
      await meanwhile()
      server = await start()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
      await server.close()
      await place[Symbol.asyncDispose]()
    },
  }
}
