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
import type { IssuedSecret, RefreshOutcome, RefreshTokens, TokenLife } from './auth.ts'
import { authenticationCode, deriveKey, digestOf } from './primitives.ts'
import { sessionEnd } from './session-life.ts'

/** A token that was just used is answered once more with the same successor: its answer may have been lost. */
const REFRESH_GRACE_MS = 10_000

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

interface Parts {
  readonly database: Database
  /** The first makes new tokens, all can make an old one again. */
  readonly secrets: readonly string[]
}

interface Use extends TokenLife {
  readonly used: RefreshTokenRow
  readonly session: SessionRow
}

interface Issue extends TokenLife {
  readonly session: Pick<SessionRow, 'key' | 'id' | 'createdAt'>
  readonly generation: number
}

/** Opens the refresh tokens of a database. */
export function openRefreshTokens(parts: Parts): RefreshTokens {
  const { database } = parts
  return {
    issue: (tx, session, life) => issue(parts, tx, { session, generation: 1, ...life }),
    async use(tx, token, { clientKey, ...life }) {
      const used = await lockRefreshToken(database, tx, digestOf(token))
      if (used === undefined) return { outcome: 'unknown' }
      const session = await findSession(database, tx, { key: used.sessionKey })
      if (session === undefined) return { outcome: 'ended' }
      if (session.clientKey !== clientKey) return { outcome: 'unknown' }
      if (session.revokedAt !== null) return { outcome: 'ended' }
      if (session.expiresAt <= life.now) return { outcome: 'ended' }
      return used.usedAt === null
        ? firstUse(parts, tx, { used, session, ...life })
        : repeatedUse(parts, tx, { used, session, ...life })
    },
  }
}

async function firstUse(parts: Parts, tx: Tx, use: Use): Promise<RefreshOutcome> {
  const { used, session, ...life } = use
  const { now } = life
  if (used.expiresAt <= now) return { outcome: 'ended' }
  await useRefreshToken(parts.database, tx, { digest: used.digest, usedAt: now })
  const next = await issue(parts, tx, { session, generation: used.generation + 1, ...life })
  return { outcome: 'refreshed', session, refreshToken: next }
}

async function repeatedUse(parts: Parts, tx: Tx, use: Use): Promise<RefreshOutcome> {
  const { used, session, now, askedAt = now } = use
  if (askedAt - (used.usedAt ?? 0) > REFRESH_GRACE_MS) return { outcome: 'reused', session }
  const place = { sessionKey: session.key, generation: used.generation + 1 }
  const next = await findRefreshToken(parts.database, tx, place)
  const token = next === undefined ? undefined : again(parts, next, session)
  // Made with a secret that is listed no more.
  if (next === undefined || token === undefined) return { outcome: 'ended' }
  return { outcome: 'refreshed', session, refreshToken: { token, expiresAt: next.expiresAt } }
}

async function issue(
  parts: Parts,
  tx: Tx,
  { session, generation, now, lifetimeMs = Infinity }: Issue,
): Promise<IssuedSecret> {
  const [secret = ''] = parts.secrets
  const salt = randomBytes(16).toString('base64url')
  const token = refreshToken(secret, { sessionId: session.id, generation, salt })
  const expiresAt = Math.min(sessionEnd(session.createdAt, now), now + lifetimeMs)
  const row = { sessionKey: session.key, generation, salt, createdAt: now, expiresAt }
  await insertRefreshToken(parts.database, tx, { ...row, digest: digestOf(token) })
  return { token, expiresAt }
}

/** The token whose digest is stored; the digest tells which secret made it. */
function again({ secrets }: Parts, row: RefreshTokenRow, session: SessionRow): string | undefined {
  const seed = { sessionId: session.id, generation: row.generation, salt: row.salt }
  return secrets
    .map((secret) => refreshToken(secret, seed))
    .find((token) => digestOf(token) === row.digest)
}
