import type { Tx } from '../db/database.ts'
import type { Actor } from './actor.ts'

/** What an access token is made for. */
export interface AccessTokenRequest {
  readonly userId: string
  /** The sign-in's own session, also when it has been merged into its device's. */
  readonly sessionId: string
  /** `long`: 14 days, for clients that cannot refresh (seed 002). */
  readonly lifetime: 'short' | 'long'
}

/** A secret as it goes to the client, and when it ends (ms). */
export interface IssuedSecret {
  readonly token: string
  readonly expiresAt: number
}

/** Whose a refresh token is, once it has been accepted. */
export interface RefreshedSession {
  readonly sessionKey: number
  readonly refreshToken: IssuedSecret
}

/** Passwords, tokens, tickets and limits on guessing. Secrets live here and in the client, and nowhere in the database. */
export interface Auth {
  /**
   * Who an access token speaks for. Always looks the session up, so that a revoked one ends at once.
   * Throws UNAUTHENTICATED (not a token of ours), TOKEN_EXPIRED, SESSION_REVOKED.
   */
  authenticate(accessToken: string): Promise<Actor>
  /**
   * Uses a ticket up and says whose it is. A ticket made by a page opens sockets for that page's origin only.
   * Throws UNAUTHENTICATED (unknown, used, too old), ORIGIN_REFUSED, SESSION_REVOKED.
   */
  redeemTicket(ticket: string, origin: string | null): Promise<Actor>
  /** Argon2id; at most 4 at once, the rest wait in line. */
  hashPassword(password: string): Promise<string>
  /** Takes the same time without a hash (unknown user) as with one, and then answers false. */
  verifyPassword(hash: string | undefined, password: string): Promise<boolean>
  issueAccessToken(request: AccessTokenRequest, now: number): Promise<IssuedSecret>
  /** Takes one call off the bucket of `key`; answers 0, or the milliseconds to wait. */
  takeCall(key: string, kind: 'session' | 'ip'): number
  /** The session's first refresh token, in the transaction that makes the session. */
  issueRefreshToken(
    tx: Tx,
    session: { key: number; id: string; createdAt: number },
  ): Promise<IssuedSecret>
}
