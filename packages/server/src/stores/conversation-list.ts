import { and, asc, desc, eq, gt, lt, not, or, sql, type SQL } from 'drizzle-orm'
import type { Database, Statement } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { activity, ownConversations, type OwnConversationRow } from './conversation.ts'
import { perDatabase } from './per-database.ts'
import { ofSame } from './preference.ts'
import { countUnreadOfEach } from './unread-each.ts'
import { isHidden } from './unread.ts'

/** By activity, the newest first, or by when they were made, the oldest first. */
export type ConversationOrder = 'activity' | 'creation'

/** A place in the list of a user's conversations. */
export interface ConversationPlace {
  readonly activeAt: number
  readonly key: number
}

/** With such conversations, without them, or only them. */
export type Shown = 'with' | 'without' | 'only'

/** Which conversations are listed: all but the hidden ones, unless it says otherwise. */
export interface ConversationFilter {
  readonly archived?: Shown | undefined
  readonly hidden?: Shown | undefined
  readonly muted?: Shown | undefined
  readonly pinned?: Shown | undefined
  readonly unread?: Shown | undefined
}

/** Where a page begins, and how long it is. `now` tells what is muted. */
export interface ConversationRange {
  readonly filter: ConversationFilter
  readonly order: ConversationOrder
  readonly after: ConversationPlace | undefined
  readonly offset: number
  readonly limit: number
  readonly now: number
}

/**
 * A user's conversations. By activity each page reads and sorts all that he is in, since it is kept with the streams and
 * changes with every message; by creation a page costs what is on it.
 */
export async function listOwnConversations(
  database: Database,
  userKey: number,
  { filter, order, after, ...range }: ConversationRange,
): Promise<readonly OwnConversationRow[]> {
  const query = queryFor(database, { filter, order, isNext: after !== undefined })
  const place = after && { activeAt: after.activeAt, afterKey: after.key }
  const isAsked = filter.unread === 'only' || filter.unread === 'without'
  const some = isAsked ? await countUnreadOfEach(database, { userKey, most: 'one' }) : []
  const unreadKeys = list(some.map(({ key }) => key))
  return query(database.read, { userKey, ...range, ...place, unreadKeys })
}

/** Of each kind of list that was ever asked for, built once: there are few, and building costs more than running. */
const queries = perDatabase(() => new Map<string, Statement<OwnConversationRow[]>>())

/** What kind of page it is. */
interface PageKind {
  readonly filter: ConversationFilter
  readonly order: ConversationOrder
  /** Not the first page. */
  readonly isNext: boolean
}

function queryFor(database: Database, kind: PageKind): Statement<OwnConversationRow[]> {
  const built = queries(database)
  const { archived, hidden, muted, pinned, unread } = kind.filter
  const name = [archived, hidden, muted, pinned, unread, kind.order, kind.isNext].join()
  const query = built.get(name) ?? build(database, kind)
  built.set(name, query)
  return query
}

function build(database: Database, { filter, order, isNext }: PageKind) {
  const { members } = database.tables
  const { by, isAfter } = ordersOf(database)[order]
  const where = and(
    eq(members.userKey, sql.placeholder('userKey')),
    eq(members.state, 'active'),
    isNext ? isAfter : undefined,
    ...conditions(database, filter),
  )
  return database.prepare((on) =>
    ownConversations(database, on)
      .where(where)
      .orderBy(...by)
      .limit(sql.placeholder('limit'))
      .offset(sql.placeholder('offset')),
  )
}

interface Order {
  readonly by: readonly SQL[]
  readonly isAfter: SQL | undefined
}

function ordersOf({ tables }: Database): Readonly<Record<ConversationOrder, Order>> {
  const { conversations, members } = tables
  const activeAt = activity(tables)
  const placeAt = sql`cast(${sql.placeholder('activeAt')} as bigint)`
  const afterKey = sql.placeholder('afterKey')
  return {
    activity: {
      by: [desc(activeAt), desc(conversations.key)],
      isAfter: or(
        lt(activeAt, placeAt),
        and(eq(activeAt, placeAt), lt(conversations.key, afterKey)),
      ),
    },
    creation: {
      by: [asc(members.conversationKey)],
      isAfter: gt(members.conversationKey, afterKey),
    },
  }
}

function conditions(
  { engine, tables }: Database,
  { archived, hidden = 'without', muted, pinned, unread }: ConversationFilter,
): readonly (SQL | undefined)[] {
  const { conversations, preferences } = tables
  // Looked up for those lists only that ask for it.
  const has = (set: SQL): SQL =>
    sql`exists (select 1 from ${preferences} where ${ofSame(tables)} and ${set})`
  const now = sql`cast(${sql.placeholder('now')} as bigint)`
  return [
    either(archived, has(sql`${preferences.archived} = 1`)),
    either(muted, has(sql`${preferences.mutedUntil} > ${now}`)),
    either(pinned, has(sql`${preferences.pinnedAt} is not null`)),
    either(hidden, sql`${isHidden(tables)} = 1`),
    either(unread, isAmong(engine, conversations.key, 'unreadKeys')),
  ]
}

function either(shown: Shown | undefined, isSuch: SQL): SQL | undefined {
  switch (shown) {
    case 'with':
    case undefined:
      return undefined
    case 'only':
      return isSuch
    case 'without':
      return not(isSuch)
  }
}
