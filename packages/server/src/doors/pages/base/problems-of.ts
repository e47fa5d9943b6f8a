import { isTidingsError, type ErrorCode, type TidingsError } from '@tidings/protocol/wire'
import { toTidingsError } from '../../../rpc/errors.ts'
import type { Fields } from './visit.ts'

/** A form that is shown again: what was filled in, and what was wrong with it. */
export interface Again {
  readonly fields: Fields
  readonly error: TidingsError
}

const ABOUT_FORM: ReadonlySet<ErrorCode> = new Set([
  'INVALID_INPUT',
  'FORBIDDEN',
  'LIMIT_REACHED',
  'WRONG_STATE',
])

/** What a form is shown again for: what is wrong with it, not what went wrong here. Everything else is thrown on. */
export function formProblem(thrown: unknown): TidingsError {
  const error = toTidingsError(thrown)
  if (!isTidingsError(error) || !ABOUT_FORM.has(error.code)) throw thrown
  return error
}

/** What is wrong with one field; a list's entries count as the list. */
export function problemOf(error: TidingsError | undefined, path: string): string | undefined {
  const found = error?.details.fields?.filter(
    (field) => field.path === path || field.path.startsWith(`${path}.`),
  )
  if (found === undefined || found.length === 0) return undefined
  return [...new Set(found.map(({ message }) => message))].join('; ')
}
