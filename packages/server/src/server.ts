import type { Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Credentials, Kinds } from '@tidings/protocol/wire'
import { claimSecrets, openSecrets } from './auth/secret.ts'
import { openAuth, type AuthOptions } from './auth/open-auth.ts'
import { systemClock, type Clock } from './clock.ts'
import {
  defaultPublicUrl,
  resolveConfig,
  type BrokerChoice,
  type Config,
  type ConfigOptions,
} from './config.ts'
import { openDatabase, type OpenOptions } from './db/open.ts'
import { readEpoch } from './db/settings.ts'
import { openDoors, type Doors } from './doors/doors.ts'
import { DEFAULT_TIMINGS, type DoorTimings } from './doors/timings.ts'
import type { OpenTrpcDoor } from './doors/trpc/door.ts'
import { createFigures } from './figures.ts'
import { openJournal } from './journal/open.ts'
import { createLogger, type Logger } from './logger.ts'
import { systemMachine, type Machine } from './machine.ts'
import type { Broker } from './realtime/broker.ts'
import { openBroker, type BrokerPlace } from './realtime/open-broker.ts'
import { openRealtime, type RealtimeTimings } from './realtime/open-realtime.ts'
import { openSource } from './realtime/open-source.ts'
import { createCaller, type Caller } from './doors/procedure.ts'
import { Rounds } from './realtime/rounds.ts'
import type { Deps } from './services/deps.ts'
import { openReceiptWriter } from './services/receipt-writer.ts'
import { sweepSessions } from './services/session-sweep.ts'
import { signInTrusted, type TrustedSignIn } from './services/trusted-sign-in.ts'

/** Options of {@link createServer}: everything of {@link ConfigOptions}, and what an embedding app brings along. */
export interface ServerOptions extends Omit<ConfigOptions, 'broker'> {
  /**
   * What carries hints between the nodes of one database, or one of the app's own. Nothing depends on it but how soon
   * other nodes know, and who is shown online and typing there. @default `redis` with `redisUrl`, else `postgres`; with
   * SQLite none
   */
  readonly broker?: BrokerChoice | Broker | undefined
  /** The app's own message kinds; give the same record to `createClient`. @default any kind, as bounded JSON */
  readonly kinds?: Kinds | undefined
  /** @default the clock of this process; on Postgres the database's own decides */
  readonly clock?: Clock | undefined
  /** @default JSON lines on standard output */
  readonly log?: Logger | undefined
  /** Sizes of the Postgres pools. */
  readonly postgres?: OpenOptions['postgres']
  /** For tests. */
  readonly timings?: Partial<DoorTimings & RealtimeTimings> | undefined
}

/** Where a server can be reached. */
export interface ServerAddress {
  readonly url: string
  readonly port: number
}

/** One server. Several may run in one process, each with its own database and port. */
export interface Server extends AsyncDisposable {
  /**
   * Opens the database, brings its schema up to date and serves. Rejects, with nothing left open, when the database
   * cannot be opened (DatabaseOpenError), the secret does not fit (SecretError) or the port is taken (EADDRINUSE).
   */
  listen(): Promise<ServerAddress>
  /**
   * Serves on a server that the app has, in place of `listen`: below the path of `publicUrl`, everything of ours and
   * nothing else. Close this server before that one. Rejects as `listen` does.
   *
   * @example
   * ```ts
   * import { createServer as createHttpServer } from 'node:http'
   * import { createServer } from '@tidings/server'
   * const app = createHttpServer((request, response) => response.end('the rest of the app'))
   * const tidings = createServer({ publicUrl: 'http://127.0.0.1:8080/tidings' })
   * await tidings.attach(app)
   * app.listen(8080)
   * ```
   */
  attach(host: HttpServer): Promise<void>
  /**
   * Signs in a user whom the app knows, by a name of the app's choice, and makes the account at the first time. The app
   * gives `accessToken` to that user's client. Needs `registration: 'closed'`: where strangers can register, a name may be
   * a stranger's already.
   * @throws TidingsError INVALID_INPUT, USERNAME_TAKEN (by a name that differs in case or form only), FORBIDDEN (suspended)
   */
  signIn(person: TrustedSignIn): Promise<Credentials>
  /**
   * The procedures as functions, without a wire, for the app that embeds the server; signed in by an access token or,
   * without one, as nobody. Failures are TRPCErrors whose `cause` is the TidingsError.
   * @throws TidingsError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED
   */
  createCaller(accessToken?: string): Promise<Caller>
  /** Takes nothing new and closes the WebSockets with 1012, so that clients go elsewhere. `close` does it too. */
  drain(): Promise<void>
  /** Ends everything: what is under way is finished and durable. Calling it again waits for the same end. */
  close(): Promise<void>
}

/** What a server finds around it, and the test kit replaces. */
export interface Surroundings extends Pick<AuthOptions, 'passwords' | 'sign'> {
  readonly machine: Machine
  readonly sqlite?: OpenOptions['sqlite']
  /** tRPC over WebSocket by another adapter, to compare with. @default ours */
  readonly openTrpc?: OpenTrpcDoor | undefined
}

/** A server that need not listen. */
export interface PortlessServer extends Server {
  /** What `listen` does, without a port. */
  open(): Promise<void>
  /** Serves one connection, which came in whatever way. */
  accept(stream: Duplex): void
}

/** The opened parts of a running server. */
interface Running {
  readonly deps: Deps
  readonly doors: Doors
  /** What `close` undoes after the doors, in this order. */
  readonly parts: readonly { close(): Promise<void> }[]
}

/**
 * Makes a server; `listen` starts it.
 *
 * @example
 * ```ts
 * import { createServer } from '@tidings/server'
 * await using server = createServer({ databaseUrl: 'file:./chat.db', port: 0 })
 * const { url } = await server.listen()
 * ```
 */
export function createServer(options: ServerOptions = {}): Server {
  return createServerIn(options, { machine: systemMachine })
}

/** {@link createServer} in surroundings of one's choice. */
export function createServerIn(options: ServerOptions, surroundings: Surroundings): PortlessServer {
  let opening: Promise<Running> | undefined
  let closing: Promise<void> | undefined
  let draining: Promise<void> | undefined
  const config = configOf(options)
  let accept: Doors['accept'] = notOpen
  const start = async (): Promise<Doors> => {
    if (opening !== undefined) throw new Error('a server starts once')
    opening = open({ ...options, ...surroundings }, config)
    const { doors } = await opening
    accept = (stream) => doors.accept(stream)
    return doors
  }
  const server: PortlessServer = {
    open: async () => void (await start()),
    accept: (stream) => accept(stream),
    async listen() {
      const doors = await start()
      return listenAt(doors, config).catch(async (error: unknown) => {
        await server.close()
        throw error
      })
    },
    async attach(host) {
      const { hostname, path } = placeOf(options)
      config.host = hostname
      ;(await start()).attach(host, path)
    },
    createCaller: async (accessToken) => localCaller(await running(opening), accessToken),
    signIn: async (person) => signInTrusted(await running(opening), person),
    drain: () => (draining ??= opening?.then(drain, () => undefined) ?? Promise.resolve()),
    close() {
      closing ??= server.drain().then(() => opening?.then(close, () => undefined))
      return closing
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
  return server
}

async function listenAt(doors: Doors, config: RunningConfig): Promise<ServerAddress> {
  const { host } = config
  config.port = await doors.listen({ host, port: config.port })
  return { url: defaultPublicUrl(host, config.port), port: config.port }
}

async function running(opening: Promise<Running> | undefined): Promise<Deps> {
  if (opening === undefined) throw new Error('a server is called once it has started')
  return (await opening).deps
}

function notOpen(): never {
  throw new Error('a server takes connections once it is open')
}

async function localCaller(deps: Deps, accessToken: string | undefined): Promise<Caller> {
  const actor = accessToken === undefined ? null : await deps.auth.authenticate(accessToken)
  const source = { door: 'local', ip: '127.0.0.1', origin: null } as const
  return createCaller({ deps, actor, source, transport: null })
}

/** Where on the app's server we are. */
function placeOf({ publicUrl }: ServerOptions): { hostname: string; path: string } {
  if (publicUrl === undefined)
    throw new Error('attach needs publicUrl: where clients find this server')
  const { hostname, pathname } = new URL(publicUrl)
  return { hostname, path: pathname.replace(/\/+$/, '') }
}

/** The port may be the system's choice, and the host the app's: what is made of them is known only later. */
interface RunningConfig extends Omit<Config, 'port' | 'host'> {
  port: number
  host: string
}

function configOf(options: ServerOptions): RunningConfig {
  const { broker } = options
  const choice = typeof broker === 'object' ? 'none' : broker
  const resolved = resolveConfig({ ...options, broker: choice })
  return {
    ...resolved,
    get publicUrl() {
      return options.publicUrl ?? defaultPublicUrl(resolved.host, this.port)
    },
  }
}

async function open(options: ServerOptions & Surroundings, config: Config): Promise<Running> {
  const { clock = systemClock, log = createLogger({ level: config.logLevel }), machine } = options
  const secrets = await openSecrets(config)
  const report = (error: unknown) => log.error({ err: error }, 'a callback failed after a commit')
  const figures = createFigures()
  const { limits, databaseUrl: url } = config
  const database = await openDatabase({ ...options, url, clock, report, figures })
  try {
    await claimSecrets(database, secrets)
    const journal = openJournal({
      database,
      epoch: await readEpoch(database),
      figures,
      onFuturePosition: (position, head) =>
        log.error({ position, head }, 'a client is ahead of the database: it may have lost data'),
    })
    const auth = openAuth({ ...options, database, clock, secrets, limits, log })
    const source = openSource(database, journal)
    const { epoch } = journal
    const broker =
      typeof options.broker === 'object'
        ? options.broker
        : openBroker(brokerPlace(config), { epoch, secrets, machine, log, figures })
    const around = { broker, clock, machine, log, figures }
    const realtime = await openRealtime({ ...options.timings, ...around, source, journal })
    const receipts = openReceiptWriter(database, journal, machine)
    const { kinds } = options
    const parts = { database, journal, realtime, receipts, auth }
    const deps = { ...parts, clock, machine, config, log, kinds, figures }
    const timings = { ...DEFAULT_TIMINGS, ...options.timings }
    const doors = openDoors(deps, timings, options.openTrpc)
    const sweeps = startSweeps(deps)
    return { deps, doors, parts: [doors, sweeps, receipts, journal, realtime, database] }
  } catch (error) {
    await database.close()
    throw error
  }
}

function brokerPlace({ broker, databaseUrl, redisUrl = '' }: Config): BrokerPlace {
  switch (broker) {
    case 'none':
      return { kind: broker }
    case 'postgres':
      return { kind: broker, url: databaseUrl }
    case 'redis':
      return { kind: broker, url: redisUrl }
  }
}

/** Forgets what ended long ago, once an hour; several nodes do it one after the other without harm. */
function startSweeps(deps: Deps): Rounds {
  const sweeps = new Rounds({
    everyMs: 60 * 60 * 1000,
    spread: 0.2,
    machine: deps.machine,
    onFailure: (error) => deps.log.warn({ err: error }, 'ended sessions could not be forgotten'),
    async run() {
      await sweepSessions(deps)
    },
  })
  sweeps.start()
  return sweeps
}

async function drain({ deps, doors }: Running): Promise<void> {
  doors.stop()
  await deps.realtime.drain()
}

/** A part that cannot be closed does not keep the others open; the first failure is told in the end. */
async function close({ parts }: Running): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts) await part.close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
