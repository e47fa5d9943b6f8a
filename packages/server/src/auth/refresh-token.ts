import { randomBytes } from 'node:crypto'
import type { Database, Tx } from '../db/database.ts'
import {
  findRefreshToken,
  insertRefreshToken,
  lockRefreshToken,
  useRefreshToken,
  type RefreshTokenRow,
} from '../stores/refresh-token.ts'
import { findSession, type SessionRow } from '../stores/session.ts'
import type { IssuedSecret, RefreshOutcome, RefreshTokens } from './auth.ts'
import { authenticationCode, deriveKey, digestOf } from './primitives.ts'
import { sessionEnd } from './session-life.ts'

/** A token that was just used is answered once more with the same successor: its answer may have been lost. */
export const REFRESH_GRACE_MS = 10_000

/** What makes a refresh token. All of it but the server's secret is in the database. */
export interface RefreshSeed {
  readonly sessionId: string
  readonly generation: number
  readonly salt: string
}

/**
 * The token of a seed. It is made again rather than stored: so the database holds digests alone, and a repeat inside
 * the grace can still be answered with the same successor.
 */
export function refreshToken(secret: string, { sessionId, generation, salt }: RefreshSeed): string {
  const key = deriveKey(secret, 'refresh-token')
  return `tdr_${authenticationCode(key, `${sessionId}.${generation}.${salt}`)}`
}

/** Refresh tokens under these secrets: the first makes new ones, all can make an old one again. */
export function openRefreshTokens(database: Database, secrets: readonly string[]): RefreshTokens {
  return {
    issue: (tx, session, now) => issue(tx, { session, generation: 1, now }),
    async use(tx, token, now) {
      const used = await lockRefreshToken(database, tx, digestOf(token))
      const session = used && (await findSession(database, tx, { key: used.sessionKey }))
      if (used === undefined || session === undefined) return { outcome: 'unknown' }
      return successor(tx, { used, session, now })
    },
  }

  async function successor(tx: Tx, use: Use): Promise<RefreshOutcome> {
    const { used, session, now } = use
    if (used.usedAt !== null) return repeated(tx, use, used.usedAt)
    if (session.revokedAt !== null || Math.min(used.expiresAt, session.expiresAt) <= now) {
      return { outcome: 'ended' }
    }
    await useRefreshToken(database, tx, { digest: used.digest, usedAt: now })
    const next = await issue(tx, { session, generation: used.generation + 1, now })
    return { outcome: 'refreshed', session, refreshToken: next }
  }

  async function repeated(
    tx: Tx,
    { used, session, now }: Use,
    usedAt: number,
  ): Promise<RefreshOutcome> {
    if (session.revokedAt !== null || session.expiresAt <= now) return { outcome: 'ended' }
    if (now - usedAt > REFRESH_GRACE_MS) return { outcome: 'reused', session }
    const place = { sessionKey: session.key, generation: used.generation + 1 }
    const next = await findRefreshToken(database, tx, place)
    const token = next && again(next, session)
    if (next === undefined || token === undefined) return { outcome: 'ended' }
    return { outcome: 'refreshed', session, refreshToken: { token, expiresAt: next.expiresAt } }
  }

  async function issue(
    tx: Tx,
    {
      session,
      generation,
      now,
    }: { session: Pick<SessionRow, 'key' | 'id' | 'createdAt'>; generation: number; now: number },
  ): Promise<IssuedSecret> {
    const [secret = ''] = secrets
    const salt = randomBytes(16).toString('base64url')
    const token = refreshToken(secret, { sessionId: session.id, generation, salt })
    const expiresAt = sessionEnd(session.createdAt, now)
    const row = { sessionKey: session.key, generation, salt, createdAt: now, expiresAt }
    await insertRefreshToken(database, tx, { ...row, digest: digestOf(token) })
    return { token, expiresAt }
  }

  /** The digest tells which secret made it; undefined when that is listed no more. */
  function again(row: RefreshTokenRow, session: SessionRow): string | undefined {
    const seed = { sessionId: session.id, generation: row.generation, salt: row.salt }
    return secrets
      .map((secret) => refreshToken(secret, seed))
      .find((token) => digestOf(token) === row.digest)
  }
}

interface Use {
  readonly used: RefreshTokenRow
  readonly session: SessionRow
  readonly now: number
}
