import {
  TidingsError,
  type Device,
  type Session,
  type CreatedSession,
  type Ticket,
} from '@tidings/protocol/wire'
import type { IssuedSecret, TicketRequest } from '../auth/auth.ts'
import type { Tx } from '../db/database.ts'
import {
  findSession,
  listOtherSessionKeys,
  listSessions,
  revokeSessions,
  updateDevice,
  type SessionRow,
} from '../stores/session.ts'
import { lockUser } from '../stores/user.ts'
import type { Actor } from './actor.ts'
import type { Caller } from './caller.ts'
import type { Deps } from './deps.ts'
import { deviceSession } from './device-session.ts'

/** The session of a device (seed 002's `POST /sessions`), with a ticket that opens a connection of it. */
export async function createSession(
  deps: Deps,
  actor: Actor,
  { device, caller }: { device: Device; caller: Caller },
): Promise<CreatedSession> {
  const { database, auth, realtime } = deps
  const { placed, ticket } = await database.tx(async (tx) => {
    await lockUser(database, tx, actor.userKey)
    const own = await findSession(database, tx, { key: actor.sessionKey })
    if (own === undefined || own.revokedAt !== null) throw new TidingsError('SESSION_REVOKED')
    const now = await database.now(tx)
    const made = await deviceSession(deps, tx, { own, device, now })
    if (made.ended.length > 0) database.after(tx, () => realtime.sessionsRevoked(made.ended))
    const request = { sessionKey: made.session.key, ...limitsOf(actor, caller), now }
    return { placed: made, ticket: await auth.tickets.issue(tx, request) }
  })
  return { session: toSession(placed.session, placed.current), ...toTicket(deps, ticket) }
}

/** A ticket for another connection of the actor's session. */
export async function createTicket(
  { database, auth, config }: Deps,
  actor: Actor,
  caller: Caller,
): Promise<Ticket> {
  const ticket = await database.tx(async (tx) => {
    const now = await database.now(tx)
    const request = { sessionKey: actor.sessionKey, ...limitsOf(actor, caller), now }
    return auth.tickets.issue(tx, request)
  })
  return toTicket({ config }, ticket)
}

/** A ticket is worth no more than what it was asked for with. */
function limitsOf(
  { endsAt, grant }: Actor,
  { origin }: Caller,
): Pick<TicketRequest, 'origin' | 'scope' | 'endsAt'> {
  const scope = grant === undefined ? null : [...grant.scopes].join(' ')
  return { origin, scope, endsAt: endsAt ?? null }
}

/** The actor's sessions that live, newest use first. */
export async function listOwnSessions({ database }: Deps, actor: Actor): Promise<Session[]> {
  const now = await database.now()
  const rows = await listSessions(database, database.read, { userKey: actor.userKey, now })
  return rows.map((row) => toSession(row, row.key === actor.sessionKey))
}

/** Gives a session of the actor's another name. */
export async function renameSession(
  deps: Deps,
  actor: Actor,
  { sessionId, name }: { sessionId: string; name: string },
): Promise<Session> {
  const { database } = deps
  const row = await database.tx(async (tx) => {
    const session = await requireOwnSession(deps, tx, { actor, sessionId })
    if (session.revokedAt !== null) throw new TidingsError('NOT_FOUND')
    return updateDevice(database, tx, { key: session.key, device: { name } })
  })
  return toSession(row, row.key === actor.sessionKey)
}

/** Ends a session of the actor's, and its connections everywhere. Ending it twice is ending it once. */
export async function revokeSession(
  deps: Deps,
  actor: Actor,
  { sessionId }: { sessionId: string },
): Promise<void> {
  await deps.database.tx(async (tx) => {
    const { key } = await requireOwnSession(deps, tx, { actor, sessionId })
    await endSessions(deps, tx, [key])
  })
}

/** Ends every session of the actor's but the one he acts by. */
export async function revokeOtherSessions(deps: Deps, actor: Actor): Promise<void> {
  const { database } = deps
  await database.tx(async (tx) => {
    await lockUser(database, tx, actor.userKey)
    const others = { userKey: actor.userKey, exceptKey: actor.sessionKey }
    await endSessions(deps, tx, await listOtherSessionKeys(database, tx, others))
  })
}

/** Ends the session that the actor acts by. */
export async function logout(deps: Deps, actor: Actor): Promise<void> {
  await deps.database.tx((tx) => endSessions(deps, tx, [actor.sessionKey]))
}

/** Ends sessions with all that is merged into them, and closes their connections once that is committed. */
export async function endSessions(deps: Deps, tx: Tx, keys: readonly number[]): Promise<void> {
  const { database, realtime } = deps
  const ended = await revokeSessions(database, tx, { keys, now: await database.now(tx) })
  if (ended.length > 0) database.after(tx, () => realtime.sessionsRevoked(ended))
}

/** Not there and somebody else's are one answer. */
async function requireOwnSession(
  { database }: Deps,
  tx: Tx,
  { actor, sessionId }: { actor: Actor; sessionId: string },
): Promise<SessionRow> {
  const session = await findSession(database, tx, { id: sessionId })
  if (session === undefined || session.userKey !== actor.userKey)
    throw new TidingsError('NOT_FOUND')
  // Merged sign-ins are not listed: nobody can mean one.
  if (session.mergedInto !== null) throw new TidingsError('NOT_FOUND')
  return session
}

function toSession(row: SessionRow, current: boolean): Session {
  const { id, deviceId, platform, model, build, name, createdAt, lastSeenAt } = row
  return { id, deviceId, platform, model, build, name, createdAt, lastSeenAt, current }
}

/** The ticket is part of the address: browsers can give a WebSocket nothing else. It is worth nothing once used. */
function toTicket({ config }: Pick<Deps, 'config'>, { token, expiresAt }: IssuedSecret): Ticket {
  const address = config.publicUrl.replace(/^http/, 'ws')
  return { ticket: token, messagingUrl: `${address}/ws/${token}`, expiresAt }
}
