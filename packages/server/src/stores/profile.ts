import type { PresenceFor, PublicUser } from '@tidings/protocol/wire'
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import { given } from '../given.ts'
import type { Source, Target } from './conversation.ts'

/** What is shown of a user wherever he is named, as a row has it. */
export interface PublicRow {
  readonly id: string
  readonly username: string
  readonly displayName: string | null
  readonly avatarUrl: string | null
}

/** What a user tells of himself. */
export interface ProfileRow extends PublicRow {
  readonly key: number
  readonly firstName: string | null
  readonly lastName: string | null
  readonly about: string | null
}

/** What can be changed of it. */
export interface ProfileChange {
  readonly displayName?: string | null | undefined
  readonly firstName?: string | null | undefined
  readonly lastName?: string | null | undefined
  readonly about?: string | null | undefined
  readonly avatarUrl?: string | null | undefined
  readonly presenceFor?: PresenceFor | undefined
}

/** For who joins `users`. */
export function publicColumns({ users }: Database['tables']) {
  return {
    id: users.id,
    username: users.username,
    displayName: users.displayName,
    avatarUrl: users.avatarUrl,
  }
}

/** Without what he has not given. */
export function toPublicUser(row: PublicRow): PublicUser {
  const { id, username } = row
  return { id, username, ...given(row, ['displayName', 'avatarUrl']) }
}

/** Those of the users who exist, in no order. */
export async function listProfiles(
  { tables, read }: Source,
  by: { readonly ids: readonly string[] } | { readonly usernameKey: string },
): Promise<readonly ProfileRow[]> {
  const { users } = tables
  const { key, firstName, lastName, about } = users
  const named = 'ids' in by ? inArray(users.id, [...by.ids]) : eq(users.usernameKey, by.usernameKey)
  return read
    .select({ ...publicColumns(tables), key, firstName, lastName, about })
    .from(users)
    .where(and(named, isNull(users.erasedAt)))
}

/** Writes what a user tells of himself. */
export async function updateProfile(
  { tables: { users }, tx }: Target,
  key: number,
  change: ProfileChange,
): Promise<void> {
  await tx.update(users).set(change).where(eq(users.key, key))
}

/** Which of these users are in a group with the viewer now. */
export async function listGroupMates(
  { tables: { conversations, members }, read }: Source,
  viewerKey: number,
  userKeys: readonly number[],
): Promise<ReadonlySet<number>> {
  if (userKeys.length === 0) return new Set()
  const isMate = sql`exists (select 1 from ${members} as own
    where own.conversation_key = ${members.conversationKey} and own.user_key = ${viewerKey}
    and own.state = 'active')`
  const rows = await read
    .selectDistinct({ userKey: members.userKey })
    .from(members)
    .innerJoin(conversations, eq(conversations.key, members.conversationKey))
    .where(
      and(
        inArray(members.userKey, [...userKeys]),
        eq(members.state, 'active'),
        eq(conversations.kind, 'group'),
        isMate,
      ),
    )
  return new Set(rows.map(({ userKey }) => userKey))
}
