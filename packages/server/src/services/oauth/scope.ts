import type { Reader } from '../../db/database.ts'
import type { OAuthClientRow } from '../../stores/oauth-client.ts'
import { listAllowedScopes, listOAuthScopes } from '../../stores/oauth-scope.ts'
import type { Deps } from '../deps.ts'
import { OAuthError } from './error.ts'

/** RFC 6749, 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/
const MAX_SCOPES = 100

/** What says whom a client acts for. Nobody can let it act for everybody, so no user is asked for it. */
const WITHOUT_USER: ReadonlySet<string> = new Set(['messages:send_as', 'tokens:introspect'])

/**
 * The scopes of a request, each once; undefined when it names none.
 * @throws OAuthError invalid_scope
 */
export function parseScope(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  const scopes = [...new Set(text.split(' '))]
  if (!SCOPE.test(text) || scopes.length > MAX_SCOPES)
    throw new OAuthError('invalid_scope', 'scope is not a list of scopes.')
  return scopes
}

/** Of the texts of stored scopes. */
export function scopesOf(scope: string | null): readonly string[] {
  return scope === null || scope === '' ? [] : scope.split(' ')
}

/** What a client may have: the base scopes and, once it is verified, those that it was approved for. */
export function allowedScopes(
  { database }: Pick<Deps, 'database'>,
  reader: Reader,
  client: OAuthClientRow,
): Promise<readonly string[]> {
  return listAllowedScopes(database, reader, client)
}

/** What is asked for, by whom and for whom. */
export interface ScopeRequest {
  readonly client: OAuthClientRow
  readonly scope: string | undefined
  readonly forUser: boolean
}

/**
 * What of a request a client may have: all that it may, when it names nothing.
 * @throws OAuthError invalid_scope for scopes that are not there, and when nothing is left
 */
export async function requestedScopes(
  deps: Pick<Deps, 'database'>,
  reader: Reader,
  { client, scope, forUser }: ScopeRequest,
): Promise<readonly string[]> {
  const asked = parseScope(scope)
  const allowed = (await allowedScopes(deps, reader, client)).filter(
    (name) => !forUser || !WITHOUT_USER.has(name),
  )
  if (asked === undefined) return nonEmpty(allowed)
  const known = new Set((await listOAuthScopes(deps.database, reader)).map(({ name }) => name))
  if (asked.some((name) => !known.has(name)))
    throw new OAuthError('invalid_scope', 'There is no such scope.')
  return nonEmpty(asked.filter((name) => allowed.includes(name)))
}

function nonEmpty(scopes: readonly string[]): readonly string[] {
  if (scopes.length > 0) return scopes
  throw new OAuthError('invalid_scope', 'This client may have none of these scopes.')
}
