/** Whom a token of the app's own back end names. */
export interface ExternalPerson {
  readonly issuer: string
  /** The user at that issuer. */
  readonly subject: string
  /** How he would like to be called: any text. */
  readonly name: string | undefined
  /** The app's own session, when the token names one. */
  readonly sid: string | undefined
  /** Milliseconds, in whole seconds. */
  readonly issuedAt: number
  /** Milliseconds; the difference of clocks that is allowed is in it. */
  readonly expiresAt: number
}

/** Looks at tokens that the app's own back end has made. */
export interface ExternalVerifier {
  /** True for a token that says it is of that issuer; nothing has been proven yet. */
  claims(token: string): boolean
  /** @throws TidingsError UNAUTHENTICATED, TOKEN_EXPIRED, UNAVAILABLE (its keys cannot be fetched) */
  verify(token: string): Promise<ExternalPerson>
}

/** What lets in whom the app's own back end vouches for. */
export interface ExternalEntry extends ExternalVerifier {
  /**
   * The key of his session, made at first sight, and so is his account.
   * @throws TidingsError SESSION_REVOKED, FORBIDDEN (suspended)
   */
  admit(person: ExternalPerson): Promise<number>
}
