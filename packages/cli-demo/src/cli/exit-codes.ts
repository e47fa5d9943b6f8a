import type { ErrorCode } from '@tidings/sdk'

/** How the program ends. They never change their meaning: scripts depend on them. */
export const EXIT_CODES = {
  ok: 0,
  other: 1,
  usage: 2,
  notSignedIn: 3,
  refused: 4,
  network: 5,
  later: 6,
  interrupted: 130,
} as const

/** What each of {@link EXIT_CODES} means, for the documentation. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  ok: 'it is done',
  other: 'something else went wrong',
  usage: 'the command line or its input is not valid',
  notSignedIn: 'nobody is signed in, the sign-in is over, or its name or password is wrong',
  refused: 'the server says no: not found, not allowed, taken, full',
  network: 'the server did not answer, or not in time',
  later: 'the server cannot do it now; the same command may succeed later',
  interrupted: 'interrupted by Ctrl-C or SIGTERM',
}

type Ending = keyof typeof EXIT_CODES

/** Codes of the program itself, beside those of the server. */
export type OwnCode = 'USAGE' | 'PROFILE' | 'INTERRUPTED'

const ENDINGS: Readonly<Record<ErrorCode | OwnCode, Ending>> = {
  USAGE: 'usage',
  INVALID_INPUT: 'usage',
  UNSUPPORTED_KIND: 'usage',
  PAYLOAD_TOO_LARGE: 'usage',
  UNAUTHENTICATED: 'notSignedIn',
  INVALID_CREDENTIALS: 'notSignedIn',
  TOKEN_EXPIRED: 'notSignedIn',
  SESSION_REVOKED: 'notSignedIn',
  FORBIDDEN: 'refused',
  PASSWORD_REQUIRED: 'refused',
  MUTED: 'refused',
  REGISTRATION_CLOSED: 'refused',
  ORIGIN_REFUSED: 'refused',
  NOT_FOUND: 'refused',
  USERNAME_TAKEN: 'refused',
  EMAIL_TAKEN: 'refused',
  IDEMPOTENCY_CONFLICT: 'refused',
  GROUP_FULL: 'refused',
  LIMIT_REACHED: 'refused',
  LAST_OWNER: 'refused',
  WRONG_STATE: 'refused',
  NO_MAIL: 'refused',
  TOO_MANY_REACTIONS: 'refused',
  CURSOR_TOO_LARGE: 'refused',
  TOO_MANY_SUBSCRIPTIONS: 'refused',
  NETWORK: 'network',
  RATE_LIMITED: 'later',
  TOO_MANY_CONNECTIONS: 'later',
  UNAVAILABLE: 'later',
  UNKNOWN_RETRY: 'later',
  STORAGE_FULL: 'later',
  METHOD_NOT_SUPPORTED: 'other',
  UNSUPPORTED_MEDIA_TYPE: 'other',
  UNSUPPORTED_VERSION: 'other',
  INTERNAL: 'other',
  CLOSED: 'other',
  DISCARDED: 'other',
  PROFILE: 'other',
  INTERRUPTED: 'interrupted',
}

/** The exit code of an error's code. */
export function exitCodeOf(code: ErrorCode | OwnCode): number {
  return EXIT_CODES[ENDINGS[code]]
}
