import { isTidingsError, type ErrorCode } from '@tidings/sdk'
import type { OwnCode } from './exit-codes.ts'

/** Why a command has failed, as it is told on stderr. */
export interface FailureReport {
  readonly code: ErrorCode | OwnCode
  readonly message: string
}

/** A failure of the program itself, not of the server. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: ErrorCode | OwnCode

  constructor(code: ErrorCode | OwnCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A failure that has been told already. */
export class ToldFailure extends Error {
  override readonly name = 'ToldFailure'
  readonly code: FailureReport['code']

  constructor(code: FailureReport['code']) {
    super(code)
    this.code = code
  }
}

/** The command line or its input is wrong. */
export function usage(message: string): Failure {
  return new Failure('USAGE', message)
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'Sign in with: tidings login <name>',
  TOKEN_EXPIRED: 'Sign in again with: tidings login <name>',
  SESSION_REVOKED: 'Sign in again with: tidings login <name>',
}

/** Whatever was thrown, as it is told. */
export function reportOf(thrown: unknown): FailureReport {
  if (thrown instanceof Failure) return { code: thrown.code, message: thrown.message }
  if (!isTidingsError(thrown)) {
    return { code: 'INTERNAL', message: thrown instanceof Error ? thrown.message : String(thrown) }
  }
  const { code, message, details } = thrown
  const fields = (details.fields ?? []).map((field) => `${field.path}: ${field.message}`)
  const { retryAfterMs } = details
  const wait =
    retryAfterMs === undefined ? [] : [`Try again in ${Math.ceil(retryAfterMs / 1000)} s.`]
  return { code, message: [message, ...fields, ...wait, HINTS[code] ?? []].flat().join(' ') }
}
