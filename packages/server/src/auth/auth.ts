import type { Tx } from '../db/database.ts'
import type { SessionRow } from '../stores/session.ts'
import type { Actor } from './actor.ts'
import type { GuessLimit } from './guess-limit.ts'

/** A secret as it goes to the client, and when it ends (ms). */
export interface IssuedSecret {
  readonly token: string
  readonly expiresAt: number
}

/** What an access token is made for. */
export interface AccessTokenRequest {
  readonly userId: string
  /** The sign-in's own session, also when it has been merged into its device's. */
  readonly sessionId: string
  /** `short`: 15 minutes. `long`: 14 days, for clients that cannot refresh (seed 002). */
  readonly lifetime: 'short' | 'long'
}

/**
 * What became of a refresh token. `reused`: it was used before, and longer ago than the grace: somebody has stolen it,
 * or what came after it. `ended`: the session is over.
 */
export type RefreshOutcome =
  | {
      readonly outcome: 'refreshed'
      readonly session: SessionRow
      readonly refreshToken: IssuedSecret
    }
  | { readonly outcome: 'reused'; readonly session: SessionRow }
  | { readonly outcome: 'ended' | 'unknown' }

/** Refresh tokens, each used once. They work in the caller's transaction and leave the session itself alone. */
export interface RefreshTokens {
  /** The first of a session. */
  issue(
    tx: Tx,
    session: Pick<SessionRow, 'key' | 'id' | 'createdAt'>,
    now: number,
  ): Promise<IssuedSecret>
  use(tx: Tx, token: string, now: number): Promise<RefreshOutcome>
}

export interface TicketRequest {
  readonly sessionKey: number
  /** The Origin of the page that asks, or null when it is no page. */
  readonly origin: string | null
  readonly now: number
}

/** Tickets that open a connection, each used once. */
export interface Tickets {
  issue(tx: Tx, request: TicketRequest): Promise<IssuedSecret>
  /**
   * Uses a ticket up and answers the session's key.
   * @throws TidingsError UNAUTHENTICATED (unknown, used, too old), ORIGIN_REFUSED
   */
  redeem(token: string, origin: string | null): Promise<number>
}

/** Passwords, tokens, tickets and limits on guessing. Of every secret the database holds a digest and no more. */
export interface Auth {
  /**
   * Who an access token speaks for. Always looks the session up, so that a revoked one ends at once.
   * @throws TidingsError UNAUTHENTICATED (not a token of ours), TOKEN_EXPIRED, SESSION_REVOKED
   */
  authenticate(accessToken: string): Promise<Actor>
  /**
   * Uses a ticket up and says whose it is. A ticket made by a page opens sockets for that page's origin only.
   * @throws TidingsError UNAUTHENTICATED (unknown, used, too old), ORIGIN_REFUSED, SESSION_REVOKED
   */
  redeemTicket(ticket: string, origin: string | null): Promise<Actor>
  /** Argon2id; at most 4 at once, the rest wait in line. */
  hashPassword(password: string): Promise<string>
  /** Takes the same time without a hash (unknown user) as with one, and then answers false. */
  verifyPassword(hash: string | undefined, password: string): Promise<boolean>
  issueAccessToken(request: AccessTokenRequest): Promise<IssuedSecret>
  readonly refreshTokens: RefreshTokens
  readonly tickets: Tickets
  readonly guesses: GuessLimit
  /** Takes one call off the bucket of a session (by id) or an address; answers 0, or the ms to wait. */
  takeCall(key: string, kind: 'session' | 'ip'): number
  /** Takes messages off the bucket of a user, all or none; answers 0, or the milliseconds to wait. */
  takeMessages(userId: string, count: number): number
}
