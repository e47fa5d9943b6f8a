import { isTidingsError, TidingsError, type ErrorCode } from '@tidings/protocol/wire'

/** Why a database could not be opened. The message is a clear line for the person who starts the server. */
export class DatabaseOpenError extends Error {
  override readonly name = 'DatabaseOpenError'
  readonly code:
    | 'IN_USE'
    | 'NEWER_VERSION'
    | 'OLDER_VERSION'
    | 'NO_DATABASE'
    | 'UNSAFE_SETTINGS'
    | 'UNREACHABLE'
    | 'BAD_URL'

  constructor(code: DatabaseOpenError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The connection was lost, or did not answer in time, with statements under way. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError'
}

// SQLSTATE, by code or by class (two characters).
const POSTGRES: Readonly<Record<string, ErrorCode>> = {
  '08': 'UNAVAILABLE',
  '25P02': 'INTERNAL',
  '25P03': 'UNAVAILABLE',
  '22021': 'INVALID_INPUT',
  '22P05': 'INVALID_INPUT',
  '40': 'UNAVAILABLE',
  '53': 'UNAVAILABLE',
  '53100': 'STORAGE_FULL',
  '55P03': 'UNAVAILABLE',
  '57': 'UNAVAILABLE',
  '58': 'UNAVAILABLE',
  '3D000': 'UNAVAILABLE',
}

// By SQLite's primary code: SQLITE_IOERR_FSYNC is an SQLITE_IOERR.
const SQLITE: Readonly<Record<string, ErrorCode>> = {
  SQLITE_FULL: 'STORAGE_FULL',
  SQLITE_BUSY: 'UNAVAILABLE',
  SQLITE_LOCKED: 'UNAVAILABLE',
  SQLITE_IOERR: 'UNAVAILABLE',
  SQLITE_CANTOPEN: 'UNAVAILABLE',
  SQLITE_NOMEM: 'UNAVAILABLE',
  SQLITE_READONLY: 'UNAVAILABLE',
}

// Failures of the socket, and postgres.js' own.
const NETWORK =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_|ENOENT$|EACCES$)/

/** Turns a driver's failure into the closed table's error; anything else comes back as it is. */
export function toDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || isTidingsError(error)) return error
  const code = codeOf(error)
  return code === undefined ? error : new TidingsError(code, undefined, { cause: error })
}

function codeOf(error: Error): ErrorCode | undefined {
  if (error instanceof ConnectionLostError) return 'UNAVAILABLE'
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return undefined
  if (error.name === 'PostgresError')
    return POSTGRES[code] ?? POSTGRES[code.slice(0, 2)] ?? 'INTERNAL'
  if (code.startsWith('SQLITE_'))
    return SQLITE[/^SQLITE_[A-Z]+/.exec(code)?.[0] ?? ''] ?? 'INTERNAL'
  return NETWORK.test(code) ? 'UNAVAILABLE' : undefined
}

/** The SQLSTATE under an error, if Postgres raised it. */
export function sqlStateOf(error: unknown): string | undefined {
  const cause = isTidingsError(error) ? error.cause : error
  if (!(cause instanceof Error) || cause.name !== 'PostgresError') return undefined
  const { code } = cause as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}

/** A text with a NUL cannot be stored on Postgres; refused on both engines, before it is sent. */
export function refuseNul(parameters: readonly unknown[]): void {
  for (const value of parameters) {
    if (typeof value === 'string' && value.includes('\0')) {
      throw new TidingsError('INVALID_INPUT', 'A text may not contain the character U+0000.')
    }
  }
}
