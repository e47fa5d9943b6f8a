import { nameKey } from '@tidings/protocol'
import type { PresenceFor } from '@tidings/protocol/wire'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

/** A user's row. */
export interface UserRow {
  readonly key: number
  readonly id: string
  readonly username: string
  readonly email: string | null
  readonly passwordHash: string
  readonly role: 'user' | 'admin'
  readonly createdAt: number
  readonly suspendedAt: number | null
  readonly displayName: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly about: string | null
  readonly avatarUrl: string | null
  readonly emailVerifiedAt: number | null
  readonly presenceFor: PresenceFor
}

/** A user to be made. Keys of name and e-mail are made here, so that no caller can forget them. */
export interface NewUser {
  readonly id: string
  readonly username: string
  readonly email: string | undefined
  readonly passwordHash: string
  readonly firstName: string | undefined
  readonly lastName: string | undefined
  readonly phone: string | undefined
  readonly streamKey: number
  readonly createdAt: number
}

/** What makes two addresses one. The part before the @ could be case-sensitive, but nowhere is. */
export function emailKey(email: string): string {
  return email.toLowerCase()
}

function userColumns({ tables: { users } }: Database) {
  return {
    key: users.key,
    id: users.id,
    username: users.username,
    email: users.email,
    passwordHash: users.passwordHash,
    role: users.role,
    createdAt: users.createdAt,
    suspendedAt: users.suspendedAt,
    displayName: users.displayName,
    firstName: users.firstName,
    lastName: users.lastName,
    about: users.about,
    avatarUrl: users.avatarUrl,
    emailVerifiedAt: users.emailVerifiedAt,
    presenceFor: users.presenceFor,
  }
}

/** Makes a user; undefined when the name or the address is taken, by somebody who was a moment faster too. */
export async function insertUser(
  database: Database,
  tx: Tx,
  user: NewUser,
): Promise<UserRow | undefined> {
  const [row] = await tx
    .insert(database.tables.users)
    .values({
      ...user,
      usernameKey: nameKey(user.username),
      emailKey: user.email === undefined ? null : emailKey(user.email),
    })
    .onConflictDoNothing()
    .returning(userColumns(database))
  return row
}

/** Finds a user by one of the ways in which people name each other. Who was erased is not found. */
export async function findUser(
  database: Database,
  reader: Reader,
  by:
    | { readonly id: string }
    | { readonly key: number }
    | { readonly username: string }
    | { readonly email: string },
): Promise<UserRow | undefined> {
  const queries = userQueries(database)
  const [row] = await ask()
  return row

  function ask() {
    if ('id' in by) return queries.byId(reader, { value: by.id })
    if ('key' in by) return queries.byKey(reader, { value: by.key })
    return 'username' in by
      ? queries.byUsername(reader, { value: nameKey(by.username) })
      : queries.byEmail(reader, { value: emailKey(by.email) })
  }
}

const userQueries = perDatabase((database) => {
  const { users } = database.tables
  const query = (column: 'id' | 'key' | 'usernameKey' | 'emailKey') =>
    database.prepare((on) =>
      on
        .select(userColumns(database))
        .from(users)
        .where(and(eq(users[column], sql.placeholder('value')), isNull(users.erasedAt)))
        .limit(1),
    )
  return {
    byId: query('id'),
    byKey: query('key'),
    byUsername: query('usernameKey'),
    byEmail: query('emailKey'),
  }
})

/**
 * Holds the user's row until the transaction ends: changes of one user's sessions come one after another. Undefined for who
 * was erased.
 */
export async function lockUser(
  database: Database,
  tx: Tx,
  key: number,
): Promise<UserRow | undefined> {
  const { users } = database.tables
  const isHe = and(eq(users.key, key), isNull(users.erasedAt))
  const query = tx.select(userColumns(database)).from(users).where(isHe).limit(1)
  const [row] = await database.forUpdate(query)
  return row
}

/** Writes another password hash. */
export async function updatePasswordHash(
  database: Database,
  tx: Tx,
  { key, passwordHash }: { key: number; passwordHash: string },
): Promise<void> {
  const { users } = database.tables
  await tx.update(users).set({ passwordHash }).where(eq(users.key, key))
}

/** The key of a user's own stream. */
export async function findUserStream(
  { tables: { users } }: Database,
  reader: Reader,
  key: number,
): Promise<number | undefined> {
  const [row] = await reader
    .select({ streamKey: users.streamKey })
    .from(users)
    .where(eq(users.key, key))
  return row?.streamKey
}
