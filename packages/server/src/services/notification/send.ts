import {
  TidingsError,
  type SendNotificationInput,
  type SentNotification,
} from '@tidings/protocol/wire'
import type { Reader, Tx } from '../../db/database.ts'
import type { JournalTx } from '../../journal/journal.ts'
import { lastUserKey, listNotifiable, type Notifiable } from '../../stores/addressee.ts'
import {
  findSentNotification,
  insertNotification,
  type NewNotification,
  type NotificationRow,
} from '../../stores/notification.ts'
import { findUser } from '../../stores/user.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import { requireConfirmed } from '../confirmation.ts'
import type { Deps } from '../deps.ts'
import { payloadHash } from '../payload-hash.ts'
import { takeWrites } from '../write-limit.ts'
import { giveNotification } from './give.ts'

/**
 * Sends a system notification. Some users have it when this is answered; everybody gets it by and by, whatever happens to
 * the server: see {@link deliverNotifications}.
 * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, NOT_FOUND (one of the users), IDEMPOTENCY_CONFLICT, INVALID_INPUT, RATE_LIMITED
 */
export async function sendNotification(
  deps: Deps,
  actor: Actor,
  input: SendNotificationInput,
): Promise<SentNotification> {
  await requireNotifier(deps, deps.database.read, actor)
  // Whoever finds a session of an administrator open does not speak to everybody; a client has shown who it is.
  if (actor.grant === undefined) await requireConfirmed(deps, actor)
  const sent = await deps.journal.transact(async (journal) => {
    await requireNotifier(deps, journal.tx, actor)
    const { senderKey, clientNotificationId } = idOf(actor, input)
    const by = { senderKey, clientNotificationId }
    const known = await findSentNotification(deps.database, journal.tx, by)
    if (known !== undefined) return repeated(known, input)
    const users = await usersOf(deps, journal.tx, input)
    takeWrites(deps, actor, users?.length ?? 1)
    const made = await make(deps, actor, { journal, input, users })
    if (made === undefined) {
      // Another call under this id was a moment faster.
      const first = await findSentNotification(deps.database, journal.tx, by)
      if (first === undefined) throw new TidingsError('UNAVAILABLE')
      return repeated(first, input)
    }
    const details = { title: input.title, users: users?.length ?? 'all' }
    const entry = { action: 'notification.sent', target: made.id, details } as const
    await audit(deps, journal.tx, { actor, ...entry })
    if (users !== undefined) await giveNotification(deps.database, journal, { row: made, users })
    return toSent(made, false)
  })
  if (!sent.finished) deps.jobs.hurry('notifications')
  return sent
}

/**
 * The one place that says who may: administrators. As it is in the database now, since a connection may be older than an
 * office. @throws TidingsError FORBIDDEN
 */
async function requireNotifier({ database }: Deps, reader: Reader, actor: Actor): Promise<void> {
  const user = await findUser(database, reader, { key: actor.userKey })
  if (user?.role !== 'admin') throw new TidingsError('FORBIDDEN')
}

function idOf({ userKey }: Actor, { clientNotificationId }: SendNotificationInput) {
  return { senderKey: userKey, clientNotificationId }
}

/** Undefined for everybody. @throws TidingsError NOT_FOUND without saying who is not there */
async function usersOf(
  { database }: Deps,
  tx: Tx,
  { to }: SendNotificationInput,
): Promise<readonly Notifiable[] | undefined> {
  if (to === 'all') return undefined
  const ids = [...new Set(to.userIds)]
  const users = await listNotifiable(database, tx, ids)
  if (users.length < ids.length) throw new TidingsError('NOT_FOUND')
  return users
}

interface Making {
  readonly journal: JournalTx
  readonly input: SendNotificationInput
  readonly users: readonly Notifiable[] | undefined
}

async function make(
  deps: Deps,
  actor: Actor,
  { journal, input, users }: Making,
): Promise<NotificationRow | undefined> {
  const { database, machine } = deps
  const { to: _to, kind, title, body, link, data, expiresAt } = input
  const now = await journal.now()
  if (expiresAt !== undefined && expiresAt <= now) {
    const fields = [{ path: 'expiresAt', message: 'lies in the past' }]
    throw new TidingsError('INVALID_INPUT', undefined, { fields })
  }
  const upTo = users === undefined ? await lastUserKey(database, journal.tx) : 0
  const row: NewNotification = {
    ...idOf(actor, input),
    id: machine.newId(),
    payloadHash: hashOf(input),
    ...{ kind, title },
    body: body ?? null,
    link: link ?? null,
    data: data ?? null,
    createdAt: now,
    expiresAt: expiresAt ?? null,
    ...{ forUsersTo: upTo, givenTo: 0, users: users?.length ?? 0 },
    finishedAt: users === undefined ? null : now,
  }
  return insertNotification(database, journal.tx, row)
}

/** The order of the users, and naming one twice, make no other notification. */
function hashOf({ to, clientNotificationId: _id, ...content }: SendNotificationInput): number {
  const whom = to === 'all' ? to : [...new Set(to.userIds)].toSorted()
  return payloadHash({ ...content, whom })
}

/** @throws TidingsError IDEMPOTENCY_CONFLICT */
function repeated(row: NotificationRow, input: SendNotificationInput): SentNotification {
  if (row.payloadHash !== hashOf(input)) throw new TidingsError('IDEMPOTENCY_CONFLICT')
  return toSent(row, true)
}

function toSent(row: NotificationRow, duplicate: boolean): SentNotification {
  const { id, createdAt, users, finishedAt } = row
  return { notificationId: id, createdAt, users, finished: finishedAt !== null, duplicate }
}
