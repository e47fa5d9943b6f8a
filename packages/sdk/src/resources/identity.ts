import type {
  BeginSignInInput,
  BegunSignIn,
  Credentials,
  CompleteSignInInput,
  Identity,
  LinkIdentityInput,
  IdentityProvider,
} from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/**
 * Signing in by another server, and the accounts elsewhere that open this one.
 *
 * @example
 * ```ts
 * const { url, verifier } = await client.identity.begin({ provider: 'example', redirectUri: 'https://app.example.com/in' })
 * sessionStorage.setItem('verifier', verifier)
 * location.assign(url)
 * // In the page at redirectUri:
 * const query = new URL(location.href).searchParams
 * const [code, kept] = [query.get('code'), sessionStorage.getItem('verifier')]
 * if (code !== null && kept !== null) await client.identity.complete({ code, verifier: kept })
 * ```
 */
export interface IdentityResource {
  /** The servers by which one can sign in here. */
  listProviders(): Promise<IdentityProvider[]>
  /**
   * Begins a sign-in. Lead the browser to `url`, and keep `verifier`: the browser comes to `redirectUri` with a `code`, or with an
   * `error` as RFC 6749 has it (`access_denied`, `temporarily_unavailable`, `server_error`).
   * @throws TidingsError NOT_FOUND (no such provider), INVALID_INPUT (not an address of an allowed origin)
   */
  begin(input: BeginSignInInput): Promise<BegunSignIn>
  /**
   * Ends a sign-in: this client acts as the account that is linked to who has signed in there, which is made at the first time.
   * @throws TidingsError UNAUTHENTICATED (used, or older than a minute), REGISTRATION_CLOSED, RATE_LIMITED, FORBIDDEN (suspended)
   */
  complete(input: CompleteSignInInput): Promise<Credentials>
  /** The accounts elsewhere that open this one. */
  list(): Promise<Identity[]>
  /**
   * Ends a sign-in by linking instead: from then on it opens the account that is signed in here.
   * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED, UNAUTHENTICATED (used, or older than a minute), FORBIDDEN (linked to
   * somebody else)
   */
  link(input: LinkIdentityInput): Promise<Identity>
  /** @throws TidingsError NOT_FOUND, FORBIDDEN (nothing else would open the account) */
  unlink(input: { readonly identityId: string }): Promise<void>
}

export function createIdentity(
  rpc: Rpc,
  signIn: (credentials: Credentials) => Promise<void>,
): IdentityResource {
  return {
    listProviders: () => rpc('identity.listProviders', undefined),
    begin: (input) => rpc('identity.begin', input),
    async complete(input) {
      const credentials = await rpc('identity.complete', input)
      await signIn(credentials)
      return credentials
    },
    list: () => rpc('identity.list', undefined),
    link: (input) => rpc('identity.link', input),
    unlink: (input) => rpc('identity.unlink', input),
  }
}
