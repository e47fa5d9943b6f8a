import type { ConversationKind } from '@tidings/protocol/wire'
import { and, asc, eq, gt, inArray, isNotNull, lte, ne } from 'drizzle-orm'
import type { Source, Target } from './conversation.ts'
import { typeToNumber } from './event-type.ts'

/** An erasure under way. */
export interface ErasureRow {
  readonly userKey: number
  readonly userId: string
  /** The user's own stream. */
  readonly ownStreamKey: number
  /** The stream of messages that is gone through; 0 before the first. */
  readonly streamKey: number
  /** Up to here nothing of the user is left in it. */
  readonly seq: number
}

/** Whether a user has this key of a name; that of an erased one is a digest. */
export async function hasUsernameKey(
  { tables: { users }, read }: Source,
  usernameKey: string,
): Promise<boolean> {
  const rows = await read
    .select({ key: users.key })
    .from(users)
    .where(eq(users.usernameKey, usernameKey))
  return rows.length > 0
}

/** Leaves of a user's row that there was somebody, and notes that everything else is to follow. */
export async function beginErasure(
  { tables: { users, erasures }, tx }: Target,
  user: { readonly key: number; readonly id: string; readonly erasedNameKey: string },
  now: number,
): Promise<void> {
  await tx
    .update(users)
    .set({
      username: `deleted-${user.id.slice(0, 8)}`,
      usernameKey: user.erasedNameKey,
      passwordHash: '',
      email: null,
      emailKey: null,
      emailVerifiedAt: null,
      firstName: null,
      lastName: null,
      phone: null,
      displayName: null,
      about: null,
      avatarUrl: null,
      presenceFor: 'nobody',
      role: 'user',
      lastSeenAt: null,
      erasedAt: now,
    })
    .where(eq(users.key, user.key))
  await tx.insert(erasures).values({ userKey: user.key, begunAt: now, streamKey: 0, seq: 0 })
}

/** Erasures that are not done, oldest first. */
export async function listErasures({ tables, read }: Source): Promise<readonly ErasureRow[]> {
  const { erasures, users } = tables
  return read
    .select({
      userKey: erasures.userKey,
      userId: users.id,
      ownStreamKey: users.streamKey,
      streamKey: erasures.streamKey,
      seq: erasures.seq,
    })
    .from(erasures)
    .innerJoin(users, eq(users.key, erasures.userKey))
    .orderBy(asc(erasures.begunAt), asc(erasures.userKey))
}

/** Notes how far an erasure has got. */
export async function moveErasure(
  { tables: { erasures }, tx }: Target,
  { userKey, streamKey, seq }: Pick<ErasureRow, 'userKey' | 'streamKey' | 'seq'>,
): Promise<void> {
  await tx.update(erasures).set({ streamKey, seq }).where(eq(erasures.userKey, userKey))
}

/** Nothing is left to do. */
export async function endErasure(
  { tables: { erasures }, tx }: Target,
  userKey: number,
): Promise<void> {
  await tx.delete(erasures).where(eq(erasures.userKey, userKey))
}

/** A conversation in which a user is, or once was. */
export interface ErasedPlace {
  readonly conversationKey: number
  readonly conversationId: string
  readonly kind: ConversationKind
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
}

/** The next of a user's conversations, in the order of their streams. */
export async function findNextPlace(
  { tables: { conversations, spans }, read }: Source,
  userKey: number,
  afterStreamKey: number,
): Promise<ErasedPlace | undefined> {
  const [row] = await read
    .select({
      conversationKey: conversations.key,
      conversationId: conversations.id,
      kind: conversations.kind,
      messageStreamKey: conversations.messageStreamKey,
      receiptStreamKey: conversations.receiptStreamKey,
    })
    .from(spans)
    .innerJoin(conversations, eq(conversations.messageStreamKey, spans.streamKey))
    .where(and(eq(spans.userKey, userKey), gt(spans.streamKey, afterStreamKey)))
    .orderBy(asc(spans.streamKey))
    .limit(1)
  return row
}

/** A part of a stream, and whose things are looked for in it. */
export interface OwnRange {
  readonly streamKey: number
  readonly userKey: number
  readonly after: number
  readonly upTo: number
}

/** Places of a user's messages that are not deleted, oldest first. */
export async function listOwnMessageSeqs(
  { tables: { events }, read }: Source,
  { streamKey, userKey, after, upTo }: OwnRange,
  limit: number,
): Promise<readonly number[]> {
  const rows = await read
    .select({ seq: events.seq })
    .from(events)
    .where(
      and(
        eq(events.streamKey, streamKey),
        gt(events.seq, after),
        lte(events.seq, upTo),
        eq(events.type, typeToNumber('message.created')),
        eq(events.actorKey, userKey),
        isNotNull(events.payloadHash),
      ),
    )
    .orderBy(asc(events.seq))
    .limit(limit)
  return rows.map(({ seq }) => seq)
}

/** A user's reactions to messages, oldest message first. */
export async function listOwnReactions(
  { tables: { reactions }, read }: Source,
  { streamKey, userKey, after, upTo }: OwnRange,
  limit: number,
): Promise<readonly { readonly seq: number; readonly reaction: string }[]> {
  return read
    .select({ seq: reactions.seq, reaction: reactions.reaction })
    .from(reactions)
    .where(
      and(
        eq(reactions.streamKey, streamKey),
        gt(reactions.seq, after),
        lte(reactions.seq, upTo),
        eq(reactions.userKey, userKey),
      ),
    )
    .orderBy(asc(reactions.seq))
    .limit(limit)
}

/** Forgets which messages a user has hidden from himself, and by which ones others have mentioned him. */
export async function deleteOwnDetails(
  { tables: { hiddenMessages, mentions }, tx }: Target,
  { streamKey, userKey, after, upTo }: OwnRange,
): Promise<void> {
  for (const table of [hiddenMessages, mentions])
    await tx
      .delete(table)
      .where(
        and(
          eq(table.streamKey, streamKey),
          gt(table.seq, after),
          lte(table.seq, upTo),
          eq(table.userKey, userKey),
        ),
      )
}

/** Forgets what a user has set and made for himself, and everything about the devices of his sessions. */
export async function deleteOwnThings(target: Target, userKey: number): Promise<void> {
  const { tables, tx } = target
  const { addressees, bans, blocks, deviceCursors, invitations, mailCodes, preferences } = tables
  const { refreshTokens, sessions, tickets } = tables
  await tx.delete(blocks).where(eq(blocks.userKey, userKey))
  await tx.delete(bans).where(eq(bans.userKey, userKey))
  await tx.delete(invitations).where(eq(invitations.createdBy, userKey))
  await tx.delete(mailCodes).where(eq(mailCodes.userKey, userKey))
  await tx.delete(preferences).where(eq(preferences.userKey, userKey))
  await tx.delete(addressees).where(eq(addressees.userKey, userKey))
  await deleteOwnGrants(target, userKey)
  const own = tx.select({ key: sessions.key }).from(sessions).where(eq(sessions.userKey, userKey))
  for (const table of [refreshTokens, tickets, deviceCursors])
    await tx.delete(table).where(inArray(table.sessionKey, own))
  // The row stays until the sweep takes it: it says that the session has ended.
  const bare = { deviceId: null, platform: null, model: null, build: null, name: null }
  await tx.update(sessions).set(bare).where(eq(sessions.userKey, userKey))
}

/** Whether one of these users has been erased. */
export async function areErased(
  { tables: { users }, read }: Source,
  userKeys: readonly number[],
): Promise<boolean> {
  if (userKeys.length === 0) return false
  const rows = await read
    .select({ key: users.key })
    .from(users)
    .where(and(inArray(users.key, [...userKeys]), isNotNull(users.erasedAt)))
    .limit(1)
  return rows.length > 0
}

/** The other of a direct conversation. */
export async function listMemberKeys(
  { tables: { members }, read }: Source,
  conversationKey: number,
): Promise<readonly number[]> {
  const rows = await read
    .select({ key: members.userKey })
    .from(members)
    .where(and(eq(members.conversationKey, conversationKey), ne(members.state, 'removed')))
  return rows.map(({ key }) => key)
}

/** Forgets what other applications could do for him. That he consented to one, and no longer does, stays with his key. */
async function deleteOwnGrants({ tables, tx }: Target, userKey: number): Promise<void> {
  const { oauthAccessTokens, oauthAuthorizationCodes, oauthConsentConversations } = tables
  const { oauthConsents, sessions } = tables
  const own = tx.select({ key: sessions.key }).from(sessions).where(eq(sessions.userKey, userKey))
  const isHis = eq(oauthConsents.userKey, userKey)
  const consents = tx.select({ key: oauthConsents.key }).from(oauthConsents).where(isHis)
  await tx.delete(oauthAccessTokens).where(inArray(oauthAccessTokens.sessionKey, own))
  for (const table of [oauthAuthorizationCodes, oauthConsentConversations])
    await tx.delete(table).where(inArray(table.consentKey, consents))
  await tx.update(oauthConsents).set({ scope: '', revokedAt: 0 }).where(isHis)
}
