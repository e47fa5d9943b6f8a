import type { TidingsError } from '@tidings/protocol/wire'
import { headersOf, toSnakeCase } from '../rest/answer.ts'
import type { PageOf } from '../seeds/page.ts'

/** What is answered below seed 001's paths, whatever became of the call. */
export interface Envelope {
  readonly status: 'success' | 'fail'
  readonly data: readonly unknown[]
  readonly error: {
    /** The HTTP status. */
    readonly code: number
    /** What is wrong, by the name of the field; `error` when it is no field. */
    readonly errors: Readonly<Record<string, string>> | null
    readonly message: string
  }
  /** The page that was asked for. */
  readonly page: number
  readonly per_page: number
  /** The page that `data` is; 0 when the call has failed. */
  readonly current_page: number
}

/** Where lists begin, and how long their pages are, when a client does not say. */
export const FIRST_PAGE: PageOf = { page: 1, perPage: 10 }

/** What a call answers that has been carried out. */
export function success(data: readonly unknown[], { page, perPage } = FIRST_PAGE): Envelope {
  const error = { code: 200, errors: null, message: '' }
  return { status: 'success', data, error, page, per_page: perPage, current_page: page }
}

/** The seed's own words. */
const NOT_UNIQUE = 'Some fileds are not unique'

/**
 * What a call answers that was refused or has failed.
 * @param code the HTTP status. @default as the table has it
 */
export function failure(error: TidingsError, code = statusOf(error)): Envelope {
  const { page, perPage } = FIRST_PAGE
  return {
    status: 'fail',
    data: [],
    error: { code, errors: errorsOf(error), message: messageOf(error) },
    page,
    per_page: perPage,
    current_page: 0,
  }
}

/** A call that was refused or has failed, as an answer. */
export function failureResponse(error: TidingsError): Response {
  return Response.json(failure(error), { status: statusOf(error), headers: headersOf(error) })
}

/** Whether a path is one of this seed's, served or not: below `/api`, but for what is seed 000's. */
export function isSeed001Path(path: string): boolean {
  return /^\/api(?!\/v1\/)(?:\/|$)/.test(path)
}

/** The status of the closed table; what is taken is a plain 400 to this seed. */
function statusOf(error: TidingsError): number {
  return isTaken(error) ? 400 : error.httpStatus
}

function isTaken({ code }: TidingsError): boolean {
  return code === 'USERNAME_TAKEN' || code === 'EMAIL_TAKEN'
}

function errorsOf(error: TidingsError): Record<string, string> {
  const { fields = [] } = error.details
  if (isTaken(error)) return { error: NOT_UNIQUE }
  if (fields.length === 0) return { error: error.message }
  return Object.fromEntries(fields.map(({ path, message }) => [nameOf(path), message]))
}

/** The router's name of a field in the seed's words. */
function nameOf(path: string): string {
  if (path === '') return 'error'
  return path === 'login' ? 'username' : toSnakeCase(path)
}

function messageOf({ httpStatus }: TidingsError): string {
  if (httpStatus >= 500) return 'Server error'
  return httpStatus === 401 || httpStatus === 403 ? 'Authorization error' : 'User error'
}
