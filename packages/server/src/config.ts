import { LIMITS } from '@tidings/protocol/wire'
import * as z from 'zod'
import type { BROKERS } from './environment.ts'
import { externalTokenProblems, type ExternalTokens } from './external-tokens.ts'
import type { LogLevel } from './logger.ts'
import { providerProblems, sharedIssuerProblem, type SignInProvider } from './sign-in-providers.ts'

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
  /** `smtp://…` or `smtps://…`. Without one mails are printed to the log while only this machine can reach the server. */
  readonly smtpUrl: string | undefined
  /** Who mails are from. */
  readonly mailFrom: string
  /** Where the app takes the codes of mails, with `{code}` in the place of the code; named in the mails. */
  readonly verifyUrl: string | undefined
  readonly resetUrl: string | undefined
  /** Of an app that has its own users; undefined takes no tokens but our own. */
  readonly externalTokens: ExternalTokens | undefined
  /** By which users can sign in besides by a password. */
  readonly providers: readonly SignInProvider[]
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

/** Where the database is when nobody says otherwise. */
export const DEFAULT_DATABASE_URL = 'file:./data/tidings.db'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/

/** True when only programs on this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** A loopback host alone does not say so: a proxy on the same machine may let everybody in. */
export function isForThisMachineAlone({
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
  const { externalTokens, providers = [] } = options
  const [bad] = providerProblems(providers)
  if (bad !== undefined) throw new ConfigError(`providers${bad}`)
  const [wrong] = externalTokens === undefined ? [] : problemsOfTokens(externalTokens, providers)
  if (wrong !== undefined) throw new ConfigError(`externalTokens.${wrong.field}: ${wrong.message}`)
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
    smtpUrl: options.smtpUrl,
    mailFrom: options.mailFrom ?? `Tidings <no-reply@${new URL(publicUrl).hostname}>`,
    verifyUrl: options.verifyUrl,
    resetUrl: options.resetUrl,
    externalTokens,
    providers,
    playground: options.playground ?? isForThisMachineAlone({ host, publicUrl, trustProxy }),
    metricsToken: options.metricsToken,
    logLevel: options.logLevel ?? 'info',
    limits: limitsSchema.parse(options.limits ?? {}),
  }
}

/** Any other address is that of a file. */
export const POSTGRES_URL = /^postgres(?:ql)?:\/\//

type Choice =
  | { readonly broker: BrokerChoice; readonly problem?: undefined }
  | { readonly broker?: undefined; readonly problem: string }

/** Nodes that share a Postgres hear of one another by it, or by the Redis that they were given. */
export function chooseBroker(options: {
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

/** What is wrong with whose tokens are taken, beside the providers. */
export function problemsOfTokens(tokens: ExternalTokens, providers: readonly SignInProvider[]) {
  const shared = sharedIssuerProblem(tokens, providers)
  return [...externalTokenProblems(tokens), ...(shared === undefined ? [] : [shared])]
}
