import type { Kinds } from '@tidings/protocol'
import type { Clock } from '../../src/clock.ts'
import type { ConfigOptions } from '../../src/config.ts'
import type { OpenOptions } from '../../src/db/open.ts'
import type { Logger } from '../../src/logger.ts'
import { systemMachine } from '../../src/machine.ts'
import { createServerIn, type Server } from '../../src/server.ts'
import type { ServerOptions } from '../../src/server-options.ts'
import { ADAPTERS, type Adapter } from './adapters.ts'
import { reuseTestPlace, type Engine } from './databases.ts'
import { quickPasswords } from './quick-passwords.ts'
import { openWatchedLog } from './watched-log.ts'

export interface TestServerOptions {
  readonly engine: Engine
  readonly config?: ConfigOptions | undefined
  readonly kinds?: Kinds | undefined
  readonly clock?: Clock | undefined
  readonly timings?: ServerOptions['timings']
  /** An existing database, for a second node or a restart; it is not removed at the end. */
  readonly databaseUrl?: string | undefined
  readonly log?: Logger | undefined
  /** What serves tRPC over WebSocket. @default own */
  readonly adapter?: Adapter | undefined
  readonly sqlite?: OpenOptions['sqlite']
  readonly postgres?: ServerOptions['postgres']
}

/** A server of one test, on a port of its own. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly port: number
  readonly databaseUrl: string
  readonly server: Server
}

/** Long enough for any limit, so that no test meets one that it is not about. */
const GENEROUS = {
  callsPerSecond: 100_000,
  callsBurst: 1_000_000,
  messagesPerSecond: 100_000,
  messagesBurst: 1_000_000,
  ipCallsPerSecond: 100_000,
  ipCallsBurst: 1_000_000,
  connectionsPerUser: 100_000,
  connectionsPerIp: 100_000,
  loginFailuresPerIp: 100_000,
  registrationsPerIp: 100_000,
}

/** Fixed, so that a test may start a second node on the same database. */
const SECRET = 'a secret of tests that is long enough 0123456789'

/** What the people of tests sign in with. */
const PASSWORD = 'correct horse'

/** Starts a server on a fresh database; disposing stops it, removes the database, and fails if a secret was logged. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const { engine, config = {}, kinds, clock, timings, log, sqlite, postgres } = options
  const place = options.databaseUrl === undefined ? await reuseTestPlace(engine) : undefined
  const databaseUrl = options.databaseUrl ?? place?.url ?? ''
  const watched = openWatchedLog([SECRET, PASSWORD])
  const settings: ServerOptions = {
    host: '127.0.0.1',
    port: 0,
    secrets: [SECRET],
    passwordMinLength: 4,
    ...config,
    limits: { ...GENEROUS, ...config.limits },
    databaseUrl,
    kinds,
    clock,
    timings,
    log: log ?? watched.log,
    postgres: { writers: 4, readers: 3, ...postgres },
  }
  const openTrpc = ADAPTERS[options.adapter ?? 'own']
  const surroundings = { machine: systemMachine, passwords: quickPasswords(), openTrpc, sqlite }
  const server = createServerIn(settings, surroundings)
  const { url, port } = await server.listen()
  return {
    url,
    port,
    databaseUrl,
    server,
    async [Symbol.asyncDispose]() {
      await server.close()
      await place?.[Symbol.asyncDispose]()
      watched.check()
    },
  }
}
