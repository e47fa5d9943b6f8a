import { LIMITS } from '@tidings/protocol/wire'
import * as z from 'zod'
import { type BROKERS, environmentSchema } from './environment.ts'
import type { LogLevel } from './logger.ts'

/** Budgets of calls, connections and guesses; every one a whole number. */
const limitsSchema = z.object({
  /** Calls a second that one session may keep up, and how many at once. */
  callsPerSecond: z.int().min(1).default(200),
  callsBurst: z.int().min(1).default(1000),
  /** The same for callers who have not signed in, by address. */
  ipCallsPerSecond: z.int().min(1).default(50),
  ipCallsBurst: z.int().min(1).default(200),
  /** Messages a second that one user may keep up over all of his devices, and how many at once. */
  messagesPerSecond: z.int().min(1).default(100),
  messagesBurst: z.int().min(LIMITS.arrayItems).default(1000),
  /** WebSockets that one user may have open at this node, over all of his devices, and one address. */
  connectionsPerUser: z.int().min(1).default(100),
  connectionsPerIp: z.int().min(1).default(2000),
  /** Wrong passwords for one account within 15 minutes. */
  loginFailures: z.int().min(1).default(6),
  /** Wrong passwords from one address within 15 minutes. */
  loginFailuresPerIp: z.int().min(1).default(100),
  /** Accounts made from one address within an hour. */
  registrationsPerIp: z.int().min(1).default(200),
})
/** Budgets of calls, connections and guesses, complete. */
export type ConfiguredLimits = z.infer<typeof limitsSchema>

/** What carries hints between nodes: nothing, the Postgres that they share, or a Redis. */
export type BrokerChoice = (typeof BROKERS)[number]

/** What an operator has decided cannot be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Everything that an operator decides. Times are in the fields' names. */
export interface Config {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Where clients reach this server, without a slash at the end; `messagingUrl` is made of it. */
  readonly publicUrl: string
  /** Browser origins allowed besides the server's own. */
  readonly allowedOrigins: readonly string[]
  /** How many proxies in front of the server add to X-Forwarded-For; 0 ignores the header. */
  readonly trustProxy: number
  /** `file:<path>` or `postgres://…`. */
  readonly databaseUrl: string
  /** `redis://…` or, with TLS, `rediss://…`. */
  readonly redisUrl: string | undefined
  /** Always `none` with SQLite, which has one node. */
  readonly broker: BrokerChoice
  /** New first; the old ones are still accepted. Empty: made and kept beside the SQLite file. */
  readonly secrets: readonly string[]
  readonly passwordMinLength: number
  readonly registration: 'open' | 'closed'
  readonly playground: boolean
  /** Bearer token of `/metrics`; undefined serves it to loopback callers alone. */
  readonly metricsToken: string | undefined
  readonly logLevel: LogLevel
  readonly limits: ConfiguredLimits
}

/** What an embedder may set; the rest has the defaults of the environment's variables. */
export type ConfigOptions = {
  readonly [Name in Exclude<keyof Config, 'limits'>]?: Config[Name] | undefined
} & {
  readonly limits?: { readonly [Name in keyof ConfiguredLimits]?: number | undefined } | undefined
}

const DEFAULT_DATABASE_URL = 'file:./data/tidings.db'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/

/** True when only programs on this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** A loopback host alone does not say so: a proxy on the same machine may let everybody in. */
function isForThisMachineAlone({
  host,
  publicUrl,
  trustProxy,
}: Pick<Config, 'host' | 'publicUrl' | 'trustProxy'>): boolean {
  return isLoopback(host) && isLoopback(new URL(publicUrl).hostname) && trustProxy === 0
}

/** The address that a server answers on when nobody says otherwise: a wildcard host is reached over loopback. */
export function defaultPublicUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') && !reachable.startsWith('[') ? `[${reachable}]` : reachable}:${port}`
}

/**
 * Fills in every default.
 * @throws ConfigError
 */
export function resolveConfig(options: ConfigOptions = {}): Config {
  const host = options.host ?? '127.0.0.1'
  const port = options.port ?? 3000
  const publicUrl = options.publicUrl ?? defaultPublicUrl(host, port)
  const trustProxy = options.trustProxy ?? 0
  const databaseUrl = options.databaseUrl ?? DEFAULT_DATABASE_URL
  const { broker, problem } = chooseBroker({ ...options, databaseUrl })
  if (problem !== undefined) throw new ConfigError(problem)
  return {
    host,
    port,
    publicUrl,
    allowedOrigins: options.allowedOrigins ?? [],
    trustProxy,
    databaseUrl,
    redisUrl: options.redisUrl,
    broker,
    secrets: options.secrets ?? [],
    passwordMinLength: options.passwordMinLength ?? 8,
    registration: options.registration ?? 'open',
    playground: options.playground ?? isForThisMachineAlone({ host, publicUrl, trustProxy }),
    metricsToken: options.metricsToken,
    logLevel: options.logLevel ?? 'info',
    limits: limitsSchema.parse(options.limits ?? {}),
  }
}

const POSTGRES_URL = /^postgres(?:ql)?:\/\//

type Choice =
  | { readonly broker: BrokerChoice; readonly problem?: undefined }
  | { readonly broker?: undefined; readonly problem: string }

/** Nodes that share a Postgres hear of one another by it, or by the Redis that they were given. */
function chooseBroker(options: {
  readonly databaseUrl: string
  readonly redisUrl?: string | undefined
  readonly broker?: BrokerChoice | undefined
}): Choice {
  const { databaseUrl, redisUrl, broker } = options
  if (!POSTGRES_URL.test(databaseUrl)) {
    if (broker === undefined || broker === 'none') return { broker: 'none' }
    return { problem: `BROKER: ${broker} needs Postgres; an SQLite database has one server` }
  }
  if (broker === 'redis' && redisUrl === undefined)
    return { problem: 'REDIS_URL: required with the broker redis' }
  return { broker: broker ?? (redisUrl === undefined ? 'postgres' : 'redis') }
}

/** Either a whole configuration, or everything that is wrong with the environment, a line each, no value shown. */
export type LoadedConfig =
  | { readonly config: Config; readonly problems?: undefined }
  | { readonly config?: undefined; readonly problems: readonly string[] }

/**
 * Reads the environment. An empty variable counts as absent, as container tools write it; an unknown `TIDINGS_` one is
 * a problem, because it is most likely a secret under a misspelt name.
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>>,
): LoadedConfig {
  const given = Object.entries(environment).filter(
    ([, value]) => value !== undefined && value.trim() !== '',
  )
  const values = Object.fromEntries(given)
  const read = environmentSchema.safeParse(values)
  const problems = [
    ...unknownNames(Object.keys(values)),
    ...(read.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...missingSecret(values),
    ...(read.data === undefined ? [] : brokerProblems(read.data)),
  ]
  return read.data === undefined || problems.length > 0
    ? { problems }
    : { config: toConfig(read.data) }
}

/** The database of the environment, for commands that need nothing else of it; or what is wrong with that. */
export function databaseUrlOf(environment: Readonly<Record<string, string | undefined>>): {
  readonly url: string | undefined
  readonly problems: readonly string[]
} {
  const given = environment['DATABASE_URL']?.trim() === '' ? undefined : environment['DATABASE_URL']
  const { data, error } = environmentSchema.shape.DATABASE_URL.safeParse(given)
  const problems = (error?.issues ?? []).map((issue) => `DATABASE_URL: ${issue.message}`)
  const url = problems.length > 0 ? undefined : (data ?? DEFAULT_DATABASE_URL)
  return { url, problems }
}

/** Of the clients (the demo reads it), and no mistake in the shell of somebody who uses both. */
const FOREIGN_NAME = 'TIDINGS_URL'

function unknownNames(names: readonly string[]): string[] {
  return names
    .filter((name) => name.startsWith('TIDINGS_') && name !== FOREIGN_NAME)
    .filter((name) => !Object.hasOwn(environmentSchema.shape, name))
    .map((name) => `${name}: not a name that Tidings knows`)
}

/** Several nodes share a Postgres, so no node may make a secret up for itself. */
function missingSecret(values: Readonly<Record<string, string | undefined>>): string[] {
  const shared = POSTGRES_URL.test(values['DATABASE_URL'] ?? '')
  if (!shared || values['TIDINGS_SECRET'] !== undefined) return []
  return ['TIDINGS_SECRET: required with Postgres, the same on every node (openssl rand -hex 32)']
}

function brokerProblems(environment: z.infer<typeof environmentSchema>): string[] {
  const { problem } = chooseBroker({
    databaseUrl: environment.DATABASE_URL ?? '',
    redisUrl: environment.REDIS_URL,
    broker: environment.BROKER,
  })
  return problem === undefined ? [] : [problem]
}

function toConfig(environment: z.infer<typeof environmentSchema>): Config {
  return resolveConfig({
    host: environment.HOST,
    port: environment.PORT,
    publicUrl: environment.PUBLIC_URL,
    allowedOrigins: environment.ALLOWED_ORIGINS,
    trustProxy: environment.TRUST_PROXY,
    databaseUrl: environment.DATABASE_URL,
    redisUrl: environment.REDIS_URL,
    broker: environment.BROKER,
    secrets: environment.TIDINGS_SECRET,
    passwordMinLength: environment.PASSWORD_MIN_LENGTH,
    registration: environment.REGISTRATION,
    playground: environment.PLAYGROUND,
    metricsToken: environment.METRICS_TOKEN,
    logLevel: environment.LOG_LEVEL,
    limits: {
      callsPerSecond: environment.LIMIT_CALLS_PER_SECOND,
      callsBurst: environment.LIMIT_CALLS_BURST,
      messagesPerSecond: environment.LIMIT_MESSAGES_PER_SECOND,
      messagesBurst: environment.LIMIT_MESSAGES_BURST,
      ipCallsPerSecond: environment.LIMIT_IP_CALLS_PER_SECOND,
      ipCallsBurst: environment.LIMIT_IP_CALLS_BURST,
      connectionsPerUser: environment.LIMIT_CONNECTIONS_PER_USER,
      connectionsPerIp: environment.LIMIT_CONNECTIONS_PER_IP,
      loginFailures: environment.LIMIT_LOGIN_FAILURES,
      loginFailuresPerIp: environment.LIMIT_LOGIN_FAILURES_PER_IP,
      registrationsPerIp: environment.LIMIT_REGISTRATIONS_PER_IP,
    },
  })
}
