import { and, asc, count, eq, gt, isNull, lte, or, sql, type SQL } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import type { Source, Target } from './conversation.ts'

/** An invitation to be made; of its code a digest. */
export interface NewInvitation {
  readonly id: string
  readonly digest: string
  readonly conversationKey: number
  readonly createdBy: number
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly maxUses: number | null
}

/** An invitation as a list shows it. */
export interface InvitationRow {
  readonly id: string
  readonly conversationId: string
  readonly createdBy: string
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly maxUses: number | null
  readonly uses: number
}

/** What an invitation opens, as long as it does. */
export interface OpenInvitation {
  readonly key: number
  readonly conversationKey: number
  readonly conversationId: string
  readonly name: string | null
  readonly memberCount: number
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
  readonly creatorKey: number
}

export async function insertInvitation(
  { tables, tx }: Target,
  invitation: NewInvitation,
): Promise<void> {
  await tx.insert(tables.invitations).values({ ...invitation, uses: 0 })
}

/** Those of a group that still open it, the oldest first. */
export async function listInvitations(
  { tables, read }: Source,
  conversationKey: number,
  now: number,
): Promise<readonly InvitationRow[]> {
  const { conversations, invitations, members, users } = tables
  return read
    .select({
      id: invitations.id,
      conversationId: conversations.id,
      createdBy: users.id,
      createdAt: invitations.createdAt,
      expiresAt: invitations.expiresAt,
      maxUses: invitations.maxUses,
      uses: invitations.uses,
    })
    .from(invitations)
    .innerJoin(conversations, eq(conversations.key, invitations.conversationKey))
    .innerJoin(users, eq(users.key, invitations.createdBy))
    .innerJoin(members, isMaker(tables))
    .where(and(eq(invitations.conversationKey, conversationKey), isOpen(tables, now)))
    .orderBy(asc(invitations.key))
}

/**
 * What a code opens now: nothing when it has ended, was used up, or its maker may not invite any more.
 */
export async function findOpenInvitation(
  { tables, read }: Source,
  digest: string,
  now: number,
): Promise<OpenInvitation | undefined> {
  const { conversations, invitations, members } = tables
  const [row] = await read
    .select({
      key: invitations.key,
      conversationKey: conversations.key,
      conversationId: conversations.id,
      name: conversations.name,
      memberCount: conversations.memberCount,
      messageStreamKey: conversations.messageStreamKey,
      receiptStreamKey: conversations.receiptStreamKey,
      creatorKey: invitations.createdBy,
    })
    .from(invitations)
    .innerJoin(conversations, eq(conversations.key, invitations.conversationKey))
    .innerJoin(members, isMaker(tables))
    .where(and(eq(invitations.digest, digest), isOpen(tables, now)))
  return row
}

/** The group of a code, also of one that was used up or is over, if the user is in it. */
export async function findEntered(
  { tables, read }: Source,
  digest: string,
  userKey: number,
): Promise<string | undefined> {
  const { conversations, invitations, members } = tables
  const place = and(
    eq(members.conversationKey, invitations.conversationKey),
    eq(members.userKey, userKey),
    eq(members.state, 'active'),
  )
  const [row] = await read
    .select({ conversationId: conversations.id })
    .from(invitations)
    .innerJoin(conversations, eq(conversations.key, invitations.conversationKey))
    .innerJoin(members, place)
    .where(eq(invitations.digest, digest))
  return row?.conversationId
}

/** One more has come in by it. */
export async function noteInvitationUse({ tables, tx }: Target, key: number): Promise<void> {
  const { invitations } = tables
  await tx
    .update(invitations)
    .set({ uses: sql`${invitations.uses} + 1` })
    .where(eq(invitations.key, key))
}

/** How many of a group are open as far as their makers go. */
export async function countInvitations(
  { tables, read }: Source,
  conversationKey: number,
): Promise<number> {
  const { invitations, members } = tables
  const [row] = await read
    .select({ found: count() })
    .from(invitations)
    .innerJoin(members, isMaker(tables))
    .where(eq(invitations.conversationKey, conversationKey))
  return row?.found ?? 0
}

/** One of a group, by its id. */
export async function deleteInvitation(
  { tables: { invitations }, tx }: Target,
  { conversationKey, id }: { readonly conversationKey: number; readonly id: string },
): Promise<void> {
  await tx
    .delete(invitations)
    .where(and(eq(invitations.conversationKey, conversationKey), eq(invitations.id, id)))
}

/** Forgets those of a group that open nothing any more. */
export async function deleteClosedInvitations(
  { tables, tx }: Target,
  conversationKey: number,
  now: number,
): Promise<void> {
  const { invitations } = tables
  const isClosed = or(lte(invitations.expiresAt, now), lte(invitations.maxUses, invitations.uses))
  await tx
    .delete(invitations)
    .where(and(eq(invitations.conversationKey, conversationKey), isClosed))
}

/** Joins the one who has made it, while he is an owner or admin. */
function isMaker({ invitations, members }: Database['tables']): SQL | undefined {
  return and(
    eq(members.conversationKey, invitations.conversationKey),
    eq(members.userKey, invitations.createdBy),
    eq(members.state, 'active'),
    or(eq(members.role, 'owner'), eq(members.role, 'admin')),
  )
}

function isOpen({ invitations }: Database['tables'], now: number): SQL | undefined {
  return and(
    or(isNull(invitations.expiresAt), gt(invitations.expiresAt, now)),
    or(isNull(invitations.maxUses), gt(invitations.maxUses, invitations.uses)),
  )
}
