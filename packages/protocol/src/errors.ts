/** What a code means: the HTTP status it travels under, and whether the same call may succeed later. */
export interface ErrorKind {
  readonly http: number
  readonly retryable: boolean
  /** Sentence sent when the thrower gives none. Never holds private facts. */
  readonly message: string
}

/**
 * The closed table of errors. A client may switch on the code and can rely on `retryable`: when true, repeating the very
 * same call (same `clientMessageId`) is safe and may succeed; when false, repeating is pointless until something changes.
 */
export const ERRORS = {
  INVALID_INPUT: { http: 400, retryable: false, message: 'The input is not valid.' },
  UNSUPPORTED_KIND: {
    http: 400,
    retryable: false,
    message: 'This kind of message is not known here.',
  },
  UNAUTHENTICATED: { http: 401, retryable: false, message: 'Sign in first.' },
  INVALID_CREDENTIALS: {
    http: 401,
    retryable: false,
    message: 'The name or the password is wrong.',
  },
  TOKEN_EXPIRED: { http: 401, retryable: false, message: 'The access token has expired.' },
  SESSION_REVOKED: { http: 401, retryable: false, message: 'The session has ended.' },
  FORBIDDEN: { http: 403, retryable: false, message: 'This is not allowed.' },
  PASSWORD_REQUIRED: {
    http: 403,
    retryable: false,
    message: 'Give your password again first.',
  },
  MUTED: { http: 403, retryable: false, message: 'You may not write here for now.' },
  REGISTRATION_CLOSED: { http: 403, retryable: false, message: 'Registration is closed.' },
  ORIGIN_REFUSED: { http: 403, retryable: false, message: 'This origin is not allowed.' },
  NOT_FOUND: {
    http: 404,
    retryable: false,
    message: 'There is no such thing, or it is not yours to see.',
  },
  METHOD_NOT_SUPPORTED: {
    http: 405,
    retryable: false,
    message: 'This method is not supported here.',
  },
  USERNAME_TAKEN: { http: 409, retryable: false, message: 'This username is taken.' },
  EMAIL_TAKEN: { http: 409, retryable: false, message: 'This e-mail address is taken.' },
  IDEMPOTENCY_CONFLICT: {
    http: 409,
    retryable: false,
    message: 'This id was used for something else.',
  },
  GROUP_FULL: { http: 409, retryable: false, message: 'The group is full.' },
  LIMIT_REACHED: { http: 409, retryable: false, message: 'There are too many already.' },
  LAST_OWNER: { http: 409, retryable: false, message: 'The group needs an owner.' },
  WRONG_STATE: { http: 409, retryable: false, message: 'Not possible as things are.' },
  TOO_MANY_REACTIONS: {
    http: 409,
    retryable: false,
    message: 'The message has as many different reactions as it can.',
  },
  PAYLOAD_TOO_LARGE: { http: 413, retryable: false, message: 'The payload is too large.' },
  CURSOR_TOO_LARGE: {
    http: 413,
    retryable: false,
    message: 'The cursor is too large: use sync.heads and sync.pull.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    http: 415,
    retryable: false,
    message: 'This content type is not supported.',
  },
  UNSUPPORTED_VERSION: {
    http: 400,
    retryable: false,
    message: 'This protocol version is not served here.',
  },
  RATE_LIMITED: { http: 429, retryable: true, message: 'Too many calls. Try again later.' },
  TOO_MANY_SUBSCRIPTIONS: {
    http: 429,
    retryable: false,
    message: 'Too many subscriptions on one connection.',
  },
  TOO_MANY_CONNECTIONS: {
    http: 429,
    retryable: true,
    message: 'Too many connections are open. Close one, or try again later.',
  },
  INTERNAL: { http: 500, retryable: true, message: 'Something went wrong on the server.' },
  NO_MAIL: { http: 501, retryable: false, message: 'This server sends no mail.' },
  UNAVAILABLE: { http: 503, retryable: true, message: 'The server cannot do this now. Try again.' },
  UNKNOWN_RETRY: {
    http: 503,
    retryable: true,
    message: 'The outcome is not known. Repeat the same call.',
  },
  STORAGE_FULL: {
    http: 507,
    retryable: true,
    message: 'The server has no room to store this now.',
  },
  NETWORK: { http: 0, retryable: true, message: 'The server could not be reached.' },
  CLOSED: { http: 0, retryable: false, message: 'The client has been closed.' },
  DISCARDED: { http: 0, retryable: false, message: 'It was discarded before it was sent.' },
} as const satisfies Record<string, ErrorKind>

/** The closed union of error codes. `NETWORK`, `CLOSED` and `DISCARDED` are born in the SDK and never travel. */
export type ErrorCode = keyof typeof ERRORS

/** One problem of an input, as a path into it and a sentence. */
export interface FieldProblem {
  readonly path: string
  readonly message: string
}

/** Facts for programs that travel with an error. */
export interface ErrorDetails {
  /** Wait at least this long before the next try, milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** What is wrong with the input, field by field (at most 20). */
  readonly fields?: readonly FieldProblem[] | undefined
}

/** Options of {@link TidingsError}. `cause` is private: it is logged, and never sent. */
export interface TidingsErrorOptions extends ErrorDetails {
  readonly cause?: unknown
}

/**
 * The one error class on both sides of the wire.
 *
 * @example
 * ```ts
 * try {
 *   await client.message.send({ conversationId, body: { kind: 'text', text: 'hi' } })
 * } catch (error) {
 *   if (isTidingsError(error) && error.code === 'NOT_FOUND') showGone()
 * }
 * ```
 */
export class TidingsError extends Error {
  override readonly name = 'TidingsError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message?: string, options: TidingsErrorOptions = {}) {
    super(
      message ?? ERRORS[code].message,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.retryable = ERRORS[code].retryable
    this.details = { retryAfterMs: options.retryAfterMs, fields: options.fields }
  }

  /** The HTTP status of this error; 0 for those that never travel. */
  get httpStatus(): number {
    return ERRORS[this.code].http
  }
}

/** True for a {@link TidingsError}, also for one made by another copy of this package. */
export function isTidingsError(value: unknown): value is TidingsError {
  return (
    value instanceof Error &&
    value.name === 'TidingsError' &&
    'code' in value &&
    isErrorCode(value.code)
  )
}

/** True for a code of the closed table. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value)
}
