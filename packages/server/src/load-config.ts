import type * as z from 'zod'
import {
  chooseBroker,
  DEFAULT_DATABASE_URL,
  POSTGRES_URL,
  problemsOfTokens,
  resolveConfig,
  type Config,
} from './config.ts'
import { environmentSchema } from './environment.ts'

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
  const given = Object.entries(environment).filter(([, value]) => isGiven(value))
  const values = Object.fromEntries(given)
  const read = environmentSchema.safeParse(values)
  const problems = [
    ...unknownNames(Object.keys(values)),
    ...(read.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...missingSecret(values),
    ...(read.data === undefined ? [] : brokerProblems(read.data)),
    ...(read.data === undefined ? [] : tokenProblems(read.data)),
  ]
  return read.data === undefined || problems.length > 0
    ? { problems }
    : { config: toConfig(read.data) }
}

/** Whether a variable of the environment says anything. */
export function isGiven(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== ''
}

/** The database of the environment, for commands that need nothing else of it; or what is wrong with that. */
export function databaseUrlOf(environment: Readonly<Record<string, string | undefined>>): {
  readonly url: string | undefined
  readonly problems: readonly string[]
} {
  const given = isGiven(environment['DATABASE_URL']) ? environment['DATABASE_URL'] : undefined
  const { data, error } = environmentSchema.shape.DATABASE_URL.safeParse(given)
  const problems = (error?.issues ?? []).map((issue) => `DATABASE_URL: ${issue.message}`)
  const url = problems.length > 0 ? undefined : (data ?? DEFAULT_DATABASE_URL)
  return { url, problems }
}

/** Of the terminal client and the demo, and no mistake in the shell of somebody who uses both. */
const CLIENT_NAMES = ['TIDINGS_URL', 'TIDINGS_PROFILE', 'TIDINGS_PASSWORD']

function unknownNames(names: readonly string[]): string[] {
  return names
    .filter((name) => name.startsWith('TIDINGS_') && !CLIENT_NAMES.includes(name))
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

/** Undefined while none of the variables is set. */
function externalTokensOf(environment: z.infer<typeof environmentSchema>) {
  const given = {
    issuer: environment.EXTERNAL_TOKENS_ISSUER,
    audience: environment.EXTERNAL_TOKENS_AUDIENCE,
    jwksUri: environment.EXTERNAL_TOKENS_JWKS_URI,
    secret: environment.EXTERNAL_TOKENS_SECRET,
    userClaim: environment.EXTERNAL_TOKENS_USER_CLAIM,
    nameClaim: environment.EXTERNAL_TOKENS_NAME_CLAIM,
  }
  if (Object.values(given).every((value) => value === undefined)) return undefined
  return { ...given, issuer: given.issuer ?? '', audience: given.audience ?? '' }
}

function tokenProblems(environment: z.infer<typeof environmentSchema>): string[] {
  const given = externalTokensOf(environment)
  if (given === undefined) return []
  return problemsOfTokens(given, environment.OAUTH_PROVIDERS ?? []).map(({ field, message }) => {
    const name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
    return `EXTERNAL_TOKENS_${name}: ${message}`
  })
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
    smtpUrl: environment.SMTP_URL,
    mailFrom: environment.MAIL_FROM,
    verifyUrl: environment.VERIFY_URL,
    resetUrl: environment.RESET_URL,
    externalTokens: externalTokensOf(environment),
    providers: environment.OAUTH_PROVIDERS,
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
