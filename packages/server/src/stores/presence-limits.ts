import { and, eq, ne, sql, type SQL } from 'drizzle-orm'
import type { Database, Reader } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** Some users, and those who would be told of them. */
export interface PresencePairs {
  readonly userKeys: readonly number[]
  readonly viewerKeys: readonly number[]
}

type Pair = readonly [number, number]

/** What keeps the viewers from seeing the users: blocks either way, and what each shows himself to. */
export async function listPresenceLimits(
  database: Database,
  reader: Reader,
  { userKeys, viewerKeys }: PresencePairs,
): Promise<{
  readonly blocked: readonly Pair[]
  readonly shy: ReadonlyMap<number, 'contacts' | 'nobody'>
  readonly contacts: readonly Pair[]
}> {
  const queries = { ...blockQueries(database), ...limitQueries(database) }
  const named = { users: list(userKeys), viewers: list(viewerKeys) }
  const blocks = [
    ...(await queries.blocking(reader, named)),
    ...(await queries.blocked(reader, named)),
  ]
  const all = [...new Set([...userKeys, ...viewerKeys])]
  const rows = await queries.shy(reader, { users: list(all) })
  const shy = new Map(rows.flatMap(({ key, to }) => (to === 'everybody' ? [] : [[key, to]])))
  const isAsked = [...shy.values()].includes('contacts')
  const contacts = isAsked ? await queries.contacts(reader, named) : []
  return {
    blocked: blocks.map(({ one, other }) => [one, other]),
    shy,
    contacts: contacts.map(({ one, other }) => [one, other]),
  }
}

const blockQueries = perDatabase((database) => {
  const { blocks } = database.tables
  const { engine } = database
  return {
    blocking: database.prepare((on) =>
      on
        .select({ one: blocks.userKey, other: blocks.blockedKey })
        .from(blocks)
        .where(
          and(
            isAmong(engine, blocks.userKey, 'users'),
            isAmong(engine, blocks.blockedKey, 'viewers'),
          ),
        ),
    ),
    blocked: database.prepare((on) =>
      on
        .select({ one: blocks.userKey, other: blocks.blockedKey })
        .from(blocks)
        .where(
          and(
            isAmong(engine, blocks.blockedKey, 'users'),
            isAmong(engine, blocks.userKey, 'viewers'),
          ),
        ),
    ),
  }
})

const limitQueries = perDatabase((database) => {
  const { contacts, users } = database.tables
  const { engine } = database
  return {
    shy: database.prepare((on) =>
      on
        .select({ key: users.key, to: users.presenceFor })
        .from(users)
        .where(and(isAmong(engine, users.key, 'users'), ne(users.presenceFor, 'everybody'))),
    ),
    contacts: database.prepare((on) =>
      on
        .select({ one: contacts.userKey, other: contacts.otherKey })
        .from(contacts)
        .where(
          and(
            isAmong(engine, contacts.userKey, 'users'),
            isAmong(engine, contacts.otherKey, 'viewers'),
            eq(contacts.state, 'accepted'),
          ),
        ),
    ),
  }
})

/** For a query over `users`: a viewer may know whether the user is online, as far as the two themselves decide it. */
export function maySeePresence({ tables }: Database, viewerKey: number): SQL {
  const { blocks, contacts, users } = tables
  const viewer = sql`(select own.presence_for from ${users} as own where own.key = ${viewerKey})`
  const isBlocked = sql`exists (select 1 from ${blocks}
    where (${blocks.userKey} = ${viewerKey} and ${blocks.blockedKey} = ${users.key})
      or (${blocks.userKey} = ${users.key} and ${blocks.blockedKey} = ${viewerKey}))`
  const isContact = sql`exists (select 1 from ${contacts} where ${contacts.userKey} = ${viewerKey}
    and ${contacts.otherKey} = ${users.key} and ${contacts.state} = 'accepted')`
  return sql`(not ${isBlocked} and ${users.presenceFor} <> 'nobody' and ${viewer} <> 'nobody'
    and ((${users.presenceFor} = 'everybody' and ${viewer} = 'everybody') or ${isContact}))`
}
