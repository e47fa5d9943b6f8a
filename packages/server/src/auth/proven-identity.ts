/** Who somebody is at another provider, which has just said so. */
export interface ProvenIdentity {
  readonly issuer: string
  readonly subject: string
  /** How he would like to be called: any text. */
  readonly name: string | undefined
}

/** What of one sign-in only this server knows. */
export interface SignInSecrets {
  /** Comes back with the answer of the provider. */
  readonly state: string
  /** PKCE: proves to the provider that the code was asked for here. */
  readonly codeVerifier: string
  /** Proves that the id token was made for this sign-in. */
  readonly once: string
}

/** Another provider, as a client of it sees it. */
export interface ProviderClient {
  readonly name: string
  readonly label: string
  readonly issuer: string
  /** Where the browser is led. @throws ProviderFailure */
  authorizationUrl(secrets: SignInSecrets, redirectUri: string): Promise<URL>
  /** Who has signed in, by the address with which the browser came back. @throws ProviderFailure */
  finish(secrets: SignInSecrets, answer: URL): Promise<ProvenIdentity>
}

/** The providers by which one can sign in, by their names. */
export type Providers = ReadonlyMap<string, ProviderClient>

/**
 * Why a provider has not said who it is. `denied`: the user, or the provider, has refused. `unavailable`: it cannot be reached, or has
 * trouble. `failed`: it, or somebody in between, does not keep to the rules.
 */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure'
  readonly reason: 'denied' | 'unavailable' | 'failed'

  constructor(reason: ProviderFailure['reason'], cause?: unknown) {
    super(`signing in elsewhere: ${reason}`, { cause })
    this.reason = reason
  }
}
