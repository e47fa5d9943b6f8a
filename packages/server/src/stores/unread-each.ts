import { setImmediate } from 'node:timers/promises'
import { LIMITS } from '@tidings/protocol/wire'
import { and, eq, gt, sql } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'
import { LOOKED_THROUGH, unreadAfter, unreadCount } from './unread.ts'

/** A conversation in which a user has something unread. */
export interface UnreadOf {
  readonly key: number
  readonly unread: number
}

/** Whose, and how far each is counted: `one` tells no more than that there is some. */
export interface UnreadRange {
  readonly userKey: number
  readonly most: 'one' | 'all'
}

/**
 * What is unread in each of a user's conversations that have some. All of it in one statement would hold up everybody on
 * SQLite: it is counted in portions, by the events that each may look through, and others have their turn between. Of what
 * happens meanwhile it tells some.
 */
export async function countUnreadOfEach(
  database: Database,
  { userKey, most }: UnreadRange,
): Promise<readonly UnreadOf[]> {
  const counting = countQueries(database)[most]
  const counted: UnreadOf[] = []
  for (const keys of portionsOf(await behindQuery(database)(database.read, { userKey }))) {
    const rows = await counting(database.read, { userKey, keys: list(keys) })
    counted.push(...rows.filter(({ unread }) => unread > 0))
    await setImmediate()
  }
  return counted
}

interface Behind {
  readonly key: number
  /** Events after the mark from which it is unread. */
  readonly events: number
}

/** Keys of conversations that are looked through together: no more events than of one alone. */
function portionsOf(conversations: readonly Behind[]): readonly number[][] {
  const portions: number[][] = []
  let left = 0
  for (const { key, events } of conversations) {
    const cost = Math.min(events, LOOKED_THROUGH)
    const portion = portions.at(-1)
    if (portion === undefined || cost > left) {
      portions.push([key])
      left = LOOKED_THROUGH - cost
    } else {
      portion.push(key)
      left -= cost
    }
  }
  return portions
}

const behindQuery = perDatabase((database) => {
  const { conversations, members, streams } = database.tables
  const events = sql<number>`${streams.head} - ${unreadAfter(members)}`.mapWith(Number)
  return database.prepare((on) =>
    on
      .select({ key: conversations.key, events })
      .from(members)
      .innerJoin(conversations, eq(conversations.key, members.conversationKey))
      .innerJoin(streams, eq(streams.key, conversations.messageStreamKey))
      .where(and(isOwn(database), gt(events, 0))),
  )
})

const countQueries = perDatabase((database) => {
  const { engine, tables } = database
  const { conversations, members } = tables
  const query = (most: number) =>
    database.prepare((on) =>
      on
        .select({ key: conversations.key, unread: unreadCount(tables, most).mapWith(Number) })
        .from(members)
        .innerJoin(conversations, eq(conversations.key, members.conversationKey))
        .where(and(isOwn(database), isAmong(engine, members.conversationKey, 'keys'))),
    )
  return { one: query(1), all: query(LIMITS.unreadCount) }
})

function isOwn({ tables: { members } }: Database) {
  return and(eq(members.userKey, sql.placeholder('userKey')), eq(members.state, 'active'))
}

/** What is unread in all of a user's conversations that are not hidden. */
export interface UnreadSums {
  readonly unread: number
  readonly conversations: number
  readonly mutedUnread: number
  readonly mutedConversations: number
}

/** Sums what each conversation tells. One that nothing was written to since it was read is not looked into. */
export async function sumUnread(
  database: Database,
  userKey: number,
  now: number,
): Promise<UnreadSums> {
  const counted = await countUnreadOfEach(database, { userKey, most: 'all' })
  const rows = await mutedQuery(database)(database.read, { userKey, now })
  const mutedKeys = new Set(rows.map(({ key }) => key))
  const muted = counted.filter(({ key }) => mutedKeys.has(key))
  const sum = (all: readonly UnreadOf[]) => all.reduce((total, { unread }) => total + unread, 0)
  return {
    unread: sum(counted),
    conversations: counted.length,
    mutedUnread: sum(muted),
    mutedConversations: muted.length,
  }
}

const mutedQuery = perDatabase((database) => {
  const { preferences } = database.tables
  const isOfUser = eq(preferences.userKey, sql.placeholder('userKey'))
  const now = sql`cast(${sql.placeholder('now')} as bigint)`
  return database.prepare((on) =>
    on
      .select({ key: preferences.conversationKey })
      .from(preferences)
      .where(and(isOfUser, gt(preferences.mutedUntil, now))),
  )
})
