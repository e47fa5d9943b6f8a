import type { ContactState, PublicUser } from '@tidings/protocol/wire'
import { and, asc, count, eq, gt, inArray, or } from 'drizzle-orm'
import type { Source, Target } from './conversation.ts'
import { publicColumns, toPublicUser } from './profile.ts'

/** Two users: `userKey` is the one from whose side it is seen. */
export interface ContactPair {
  readonly userKey: number
  readonly otherKey: number
}

/** How a user stands with another; undefined when neither asks. */
export async function findContact(
  { tables: { contacts }, read }: Source,
  { userKey, otherKey }: ContactPair,
): Promise<{ readonly state: ContactState; readonly updatedAt: number } | undefined> {
  const [row] = await read
    .select({ state: contacts.state, updatedAt: contacts.since })
    .from(contacts)
    .where(and(eq(contacts.userKey, userKey), eq(contacts.otherKey, otherKey)))
  return row
}

/** Which of these are contacts of the user. */
export async function listContactKeys(
  { tables: { contacts }, read }: Source,
  userKey: number,
  others: readonly number[],
): Promise<ReadonlySet<number>> {
  if (others.length === 0) return new Set()
  const rows = await read
    .select({ otherKey: contacts.otherKey })
    .from(contacts)
    .where(
      and(
        eq(contacts.userKey, userKey),
        eq(contacts.state, 'accepted'),
        inArray(contacts.otherKey, [...others]),
      ),
    )
  return new Set(rows.map(({ otherKey }) => otherKey))
}

/** How many stand so with a user. */
export async function countContacts(
  { tables: { contacts }, read }: Source,
  userKey: number,
  state: ContactState,
): Promise<number> {
  const [row] = await read
    .select({ found: count() })
    .from(contacts)
    .where(and(eq(contacts.userKey, userKey), eq(contacts.state, state)))
  return row?.found ?? 0
}

/** Writes both sides. */
export async function upsertContact(
  { tables: { contacts }, tx }: Target,
  pair: ContactPair,
  is: { readonly own: ContactState; readonly theirs: ContactState; readonly since: number },
): Promise<void> {
  const { userKey, otherKey } = pair
  const { since } = is
  for (const row of [
    { userKey, otherKey, state: is.own, since },
    { userKey: otherKey, otherKey: userKey, state: is.theirs, since },
  ]) {
    await tx
      .insert(contacts)
      .values(row)
      .onConflictDoUpdate({
        target: [contacts.userKey, contacts.otherKey],
        set: { state: row.state, since },
      })
  }
}

/** Forgets both sides. Answers false when there was nothing. */
export async function deleteContact(
  { tables: { contacts }, tx }: Target,
  { userKey, otherKey }: ContactPair,
): Promise<boolean> {
  const rows = await tx
    .delete(contacts)
    .where(
      or(
        and(eq(contacts.userKey, userKey), eq(contacts.otherKey, otherKey)),
        and(eq(contacts.userKey, otherKey), eq(contacts.otherKey, userKey)),
      ),
    )
    .returning({ userKey: contacts.userKey })
  return rows.length > 0
}

/** A user's contacts and requests, in the order of the others' keys. */
export async function listContacts(
  { tables, read }: Source,
  userKey: number,
  page: {
    readonly state: ContactState | undefined
    readonly afterUserKey: number
    readonly limit: number
  },
): Promise<
  readonly { readonly user: PublicUser; readonly state: ContactState; readonly updatedAt: number }[]
> {
  const { contacts, users } = tables
  const rows = await read
    .select({ ...publicColumns(tables), state: contacts.state, since: contacts.since })
    .from(contacts)
    .innerJoin(users, eq(users.key, contacts.otherKey))
    .where(
      and(
        eq(contacts.userKey, userKey),
        gt(contacts.otherKey, page.afterUserKey),
        page.state === undefined ? undefined : eq(contacts.state, page.state),
      ),
    )
    .orderBy(asc(contacts.otherKey))
    .limit(page.limit)
  return rows.map((row) => ({ user: toPublicUser(row), state: row.state, updatedAt: row.since }))
}
