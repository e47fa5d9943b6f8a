import type { OAuthClientRow } from '../../stores/oauth-client.ts'

/**
 * An authorization request that has been found good, and waits for the user to say yes or no. It is made anew of the
 * parameters of each request: nothing of it is stored, and nothing of it is believed from a form.
 */
export interface PendingAuthorization {
  readonly client: OAuthClientRow
  /** Where the answer goes, as the client gave it. */
  readonly redirectUri: string
  /** The request named it, so the token request must too. */
  readonly redirectNamed: boolean
  /** What is asked for and the client may have, each once, in the order asked. */
  readonly scopes: readonly string[]
  readonly state: string | undefined
  /** By S256; undefined only with the switch `no_pkce`. */
  readonly codeChallenge: string | undefined
  readonly responseType: 'code' | 'token'
  /** How `token` is answered. */
  readonly responseMode: 'query' | 'fragment'
}

/**
 * What an authorization request comes to. The page that asks the user is told the request itself, and looks at it anew:
 * `checkAuthorization`, then `allowAuthorization` or `denyAuthorization`.
 */
export type AuthorizationOutcome =
  /** The client or its redirect URI is not to be trusted: say so on a page, and redirect nowhere. */
  | { readonly outcome: 'page'; readonly error: string; readonly description: string }
  /** The client is told by a redirect (303). */
  | { readonly outcome: 'redirect'; readonly location: string }
  | { readonly outcome: 'pending'; readonly pending: PendingAuthorization }

/** What the user has decided. */
export interface Consent {
  /** Of those asked for. */
  readonly scopes: readonly string[]
  /** Only in these of his conversations; undefined for all; `unchanged` when he was not asked. */
  readonly conversationIds: readonly string[] | 'unchanged' | undefined
}
