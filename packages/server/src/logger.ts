import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Names whose values never reach a log, wherever they stand in a record; in small letters. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'password',
  'currentpassword',
  'newpassword',
  'passwordhash',
  'password_hash',
  'token',
  'accesstoken',
  'access_token',
  'refreshtoken',
  'refresh_token',
  'ticket',
  'secret',
  'secrets',
  'clientsecret',
  'client_secret',
  'authorization',
  'proxy-authorization',
  'credentials',
  'passphrase',
  'apikey',
  'api_key',
  'x-api-key',
  'secretaccesskey',
  'secret_access_key',
  'metricstoken',
  'metrics_token',
  'tidings_secret',
  'cookie',
  'set-cookie',
  'messagingurl',
  'messaging_url',
])

/** Longer texts are cut. */
const MAX_TEXT = 10_000

const NAMES = [...SECRET_KEYS].join('|')

/** What secrets look like in a text. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // A header has a bound, or a text of nothing but beginnings would keep the search busy.
  [/eyJ[\w-]{4,200}\.[\w-]{4,}\.[\w-]*/g, '[jwt]'],
  [/\btd[acikrst]_[\w-]{16,}/g, '[secret]'],
  [/\$argon2id?\$[\w$=,+/-]+/g, '[hash]'],
  // What stands in the header Authorization, and in those of cookies, wherever headers were written out.
  [/\b(bearer|basic|digest)\s+[\w.~+/=-]{8,}/gi, '$1 [secret]'],
  [/\b((?:set-)?cookie\s*:\s*)[^\s"][^\r\n"]*/gi, '$1[secret]'],
  // The password in the address of a database, to the last @ of the host's part, as URLs are read.
  [/(\/\/[^\s/:@]*):[^\s/]+@/g, '$1:[secret]@'],
  // JSON, or a query, that has become part of a message.
  [
    new RegExp(`("(?:${NAMES})"\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\])`, 'gi'),
    '$1"[secret]"',
  ],
  [new RegExp(`([?&](?:${NAMES})=)[^&\\s]+`, 'gi'), '$1[secret]'],
]

/** What every shape has something of. Nearly no text has, and then none is looked for. */
const SUSPICIOUS = /eyJ|td[acikrst]_|\$argon|bearer|basic|digest|cookie|\/\/|["?&]/i

/** A line of the log without what nobody may read in it. */
export function redact(line: string): string {
  try {
    return `${JSON.stringify(JSON.parse(line, strikeOut))}\n`
  } catch {
    // Not a record. Nothing logs such a line; should something do, it is struck out all the same.
    return strikeOutText(line)
  }
}

function strikeOut(name: string, value: unknown): unknown {
  if (SECRET_KEYS.has(name.toLowerCase()) && value !== null) return '[secret]'
  return typeof value === 'string' ? strikeOutText(value) : value
}

/** Cut before it is searched: somebody may have sent it to keep the search busy. */
function strikeOutText(text: string): string {
  const searched = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
  if (!SUSPICIOUS.test(searched)) return searched
  return SHAPES.reduce((rest, [shape, mark]) => rest.replace(shape, mark), searched)
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  readonly level: LogLevel
  /** @default standard output */
  readonly destination?: DestinationStream | undefined
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
/** How much is logged; each level includes those before it. */
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
