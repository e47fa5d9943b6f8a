import type { Tx } from '../db/database.ts'
import type { SessionRow } from '../stores/session.ts'
import type { Actor } from './actor.ts'
import type { AdminLink } from './admin-link.ts'
import type { OAuthClaims, OAuthService } from './oauth-access.ts'
import type { SignInSecrets } from './proven-identity.ts'
import type { GuessLimit } from './guess-limit.ts'
import type { KeyCursors } from './key-cursors.ts'
import type { PageSecrets } from './page-secrets.ts'

/** A secret as it goes to the client, and when it ends (ms). */
export interface IssuedSecret {
  readonly token: string
  readonly expiresAt: number
}

/** With what a client of seed 001 signs its own tokens (HS256, `kid` = `id`). */
export interface AccessKey {
  readonly id: string
  readonly secret: string
}

/** What an access token of an OAuth client is made for. */
export interface OAuthTokenRequest extends Omit<OAuthClaims, 'id'> {
  readonly format: 'opaque' | 'jwt'
  /** Characters of what is random in it. */
  readonly length: number
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

/** When a token begins, and when it ends should that be before its session does. */
export interface TokenLife {
  readonly now: number
  /** When it was asked for, if the transaction had to wait since then: a repeat is as late as it came, not as it was served. */
  readonly askedAt?: number | undefined
  readonly lifetimeMs?: number | undefined
}

/** Refresh tokens, each used once. They work in the caller's transaction and leave the session itself alone. */
export interface RefreshTokens {
  /** The first of a session. @param lifetimeMs when it should end before the session. */
  issue(
    tx: Tx,
    session: Pick<SessionRow, 'key' | 'id' | 'createdAt'>,
    life: TokenLife,
  ): Promise<IssuedSecret>
  /** Uses a token up. One that was not given to this client (null: to the user himself) is unknown, and stays as it is. */
  use(
    tx: Tx,
    token: string,
    life: TokenLife & { readonly clientKey: number | null },
  ): Promise<RefreshOutcome>
}

export interface TicketRequest {
  readonly sessionKey: number
  /** The Origin of the page that asks, or null when it is no page. */
  readonly origin: string | null
  /** Of an OAuth client: what its token may. */
  readonly scope?: string | null | undefined
  /** When a connection ends that it opens; null for with its session. */
  readonly endsAt: number | null
  readonly now: number
}

/** Tickets that open a connection, each used once. */
export interface Tickets {
  issue(tx: Tx, request: TicketRequest): Promise<IssuedSecret>
  /**
   * Uses a ticket up and answers whose it was.
   * @throws TidingsError UNAUTHENTICATED (unknown, used, too old), ORIGIN_REFUSED
   */
  redeem(
    token: string,
    origin: string | null,
  ): Promise<{
    readonly sessionKey: number
    readonly scope: string | null
    readonly endsAt: number | null
  }>
}

/** Passwords, tokens, tickets and limits on guessing. Of every secret the database holds a digest and no more. */
export interface Auth {
  /**
   * Who an access token speaks for. Always looks the session up, so that a revoked one ends at once.
   * @throws TidingsError UNAUTHENTICATED (not a token of ours), TOKEN_EXPIRED, SESSION_REVOKED
   */
  authenticate(accessToken: string): Promise<Actor>
  /**
   * The same for a token that the client itself has signed with its session's access key, as seed 001 has it; one of ours
   * does too.
   * @throws TidingsError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED
   */
  authenticateClient(token: string): Promise<Actor>
  /**
   * The same for a door that also serves clients which act for nobody (`client_credentials`).
   * @throws TidingsError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED
   */
  authenticateService(token: string): Promise<Actor | OAuthService>
  /** The text of an access token for an OAuth client. It means nothing before it is stored. */
  makeOAuthToken(request: OAuthTokenRequest): string
  /**
   * Who acts by a cookie of the pages.
   * @throws TidingsError UNAUTHENTICATED (not one of ours), SESSION_REVOKED
   */
  authenticatePage(cookie: string): Promise<Actor>
  readonly pages: PageSecrets
  /** Cursors of lists whose places are internal keys. */
  readonly keyCursors: KeyCursors
  /** What the first administrator's link says; undefined when it is none of ours, or too old. */
  readAdminToken(token: string): AdminLink | undefined
  /** The access key of a session. It is made anew each time, and ends with the session. */
  accessKey(sessionId: string): AccessKey
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
  /** The secrets of a sign-in by another provider. They are made of the state each time, so that nothing of them is stored. */
  signInSecrets(state: string): SignInSecrets
  readonly refreshTokens: RefreshTokens
  readonly tickets: Tickets
  readonly guesses: GuessLimit
  /** Takes one call off the bucket of a session (by id) or an address; answers 0, or the ms to wait. */
  takeCall(key: string, kind: 'session' | 'ip'): number
  /** The ms to wait until the bucket of a session (by id) has so many calls, a full bucket at most; takes none. */
  waitForCalls(sessionId: string, count: number): number
  /** Takes messages off the bucket of a user, all or none, a full bucket at most; answers 0, or the ms to wait. */
  takeMessages(userId: string, count: number): number
  /** What `takeMessages` would answer; takes none. */
  waitForMessages(userId: string, count: number): number
}
