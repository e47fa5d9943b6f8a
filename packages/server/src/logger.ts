import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Names whose values never reach a log, wherever they stand in a record. */
const SECRET_KEYS = [
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'password_hash',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'ticket',
  'secret',
  'secrets',
  'clientSecret',
  'client_secret',
  'authorization',
  'cookie',
  'set-cookie',
  'messagingUrl',
  'messaging_url',
]

const KEYS = SECRET_KEYS.join('|')

/** By key in a record; by key in JSON that stands inside a text; by name in a query. */
const BY_KEY: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`("(?:${KEYS})":)(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\])`, 'gi'), '$1"[secret]"'],
  [
    new RegExp(`(\\\\"(?:${KEYS})\\\\":\\s*)\\\\"(?:[^"\\\\]|\\\\\\\\.)*\\\\"`, 'gi'),
    '$1\\"[secret]\\"',
  ],
  [new RegExp(`([?&](?:${KEYS})=)[^&\\s"\\\\]+`, 'gi'), '$1[secret]'],
]

/** What secrets look like: JWTs, our tickets and refresh tokens, passwords in URLs, password hashes. */
const BY_SHAPE: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g, '[jwt]'],
  [/\btd[rt]_[\w-]{16,}/g, '[secret]'],
  [/(\/\/[^\s/:@"\\]*):[^\s/@"\\]+@/g, '$1:[secret]@'],
  [/\$argon2id?\$[^\s"\\]+/g, '[hash]'],
]

/** A line of the log without what nobody may read in it. */
export function redact(line: string): string {
  return [...BY_KEY, ...BY_SHAPE].reduce(
    (text, [pattern, mark]) => text.replace(pattern, mark),
    line,
  )
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  readonly level: LogLevel
  /** @default standard output */
  readonly destination?: DestinationStream | undefined
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * The log: one JSON object a line. Secrets are struck out of the finished line, by key and by shape, so that one which
 * reaches a record by a way that nobody thought of is caught too.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    hooks: { streamWrite: redact },
  }
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination)
}
