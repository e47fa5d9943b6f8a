import type { Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Credentials } from '@tidings/protocol/wire'
import { defaultPublicUrl, resolveConfig, type Config } from './config.ts'
import type { Doors } from './doors/doors.ts'
import { createCaller, type Caller } from './doors/procedure.ts'
import { systemMachine } from './machine.ts'
import { openParts, type Parts } from './parts.ts'
import type { ServerOptions, Surroundings } from './server-options.ts'
import type { Deps } from './services/deps.ts'
import { signInTrusted, type TrustedSignIn } from './services/trusted-sign-in.ts'

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

/** A server that need not listen. */
export interface PortlessServer extends Server {
  /** What `listen` does, without a port. */
  open(): Promise<void>
  /** Serves one connection, which came in whatever way. */
  accept(stream: Duplex): void
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
  let opening: Promise<Parts> | undefined
  let closing: Promise<void> | undefined
  let draining: Promise<void> | undefined
  const config = configOf(options)
  let accept: Doors['accept'] = notOpen
  const start = async (): Promise<Doors> => {
    if (opening !== undefined) throw new Error('a server starts once')
    opening = openParts({ ...options, ...surroundings }, config)
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

async function running(opening: Promise<Parts> | undefined): Promise<Deps> {
  if (opening === undefined) throw new Error('a server is called once it has started')
  return (await opening).deps
}

const drain = (parts: Parts) => parts.drain()
const close = (parts: Parts) => parts.close()

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
