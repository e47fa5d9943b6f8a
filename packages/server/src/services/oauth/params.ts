import { OAuthError } from './error.ts'

/** Longer values are not looked at. */
const MAX_LENGTH = 4096

/**
 * The parameters of a request. As RFC 6749 has it, one without a value counts as left out, unknown ones are ignored, and
 * none may come twice.
 */
export class OAuthParams {
  readonly #values: URLSearchParams

  constructor(values: URLSearchParams) {
    this.#values = values
  }

  /** @throws OAuthError invalid_request when it comes twice, or is too long */
  find(name: string): string | undefined {
    const values = this.#values.getAll(name)
    const [value = ''] = values
    if (values.length > 1) throw new OAuthError('invalid_request', `${name} is given twice.`)
    if (value.length > MAX_LENGTH) throw new OAuthError('invalid_request', `${name} is too long.`)
    return value === '' ? undefined : value
  }

  /** @throws OAuthError invalid_request */
  require(name: string): string {
    const value = this.find(name)
    if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing.`)
    return value
  }

  /** Whether it comes at all, with a value or not. */
  has(name: string): boolean {
    return this.#values.has(name)
  }
}
