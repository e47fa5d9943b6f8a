import { sql, type SQL } from 'drizzle-orm'
import type { SelectedFields } from 'drizzle-orm/sqlite-core'
import type { Database } from './database.ts'

/** A token, or with `isPrefix` the beginning of one. */
export interface TokenTest {
  readonly token: string
  readonly isPrefix: boolean
}

/** What must be true of a document's tokens: of each list, one. Letters, digits and private characters only. */
export type TokenQuery = readonly (readonly TokenTest[])[]

/** A query over documents, to which `matchesTokens` is the condition. */
export function searchedDocuments<T extends SelectedFields>(
  { engine, read, tables: { searchDocuments } }: Database,
  fields: T,
) {
  const query = read.select(fields).from(searchDocuments)
  // Also on Postgres: one query with one type. The join of one row costs nothing.
  const index = engine === 'sqlite' ? sql`search_index` : sql`(values (1)) as one`
  const isSame = engine === 'sqlite' ? sql`search_index.rowid = ${searchDocuments.key}` : sql`true`
  return query.innerJoin(index, isSame)
}

/** A document's key. On SQLite as the index of words has it: it then begins at the newest, and stops when it has enough. */
export function documentKey({ engine, tables: { searchDocuments } }: Database): SQL {
  return engine === 'sqlite' ? sql`search_index.rowid` : sql`${searchDocuments.key}`
}

/** True of documents whose tokens fit. */
export function matchesTokens(
  { engine, tables: { searchDocuments } }: Database,
  query: TokenQuery,
): SQL {
  if (engine === 'sqlite') {
    const text = toText(query, { and: ' AND ', or: ' OR ', quote: '"', prefix: '*' })
    return sql`search_index match ${text}`
  }
  const text = toText(query, { and: ' & ', or: ' | ', quote: "'", prefix: ':*' })
  return sql`${searchDocuments.tokens} @@ ${text}::tsquery`
}

/** Tokens that a beginning is replaced by, at most: each costs a little at every step. */
const TOKENS = 64

/**
 * The same query, on SQLite with the tokens themselves in the place of their beginning, unless they are many: of a beginning
 * the index gathers all documents before it answers the first, of tokens it takes the newest, and no more than are wanted.
 */
export async function withWholeTokens(database: Database, query: TokenQuery): Promise<TokenQuery> {
  if (database.engine === 'postgres') return query
  const inWhole = query.map((tests) =>
    Promise.all(tests.map((test) => wholeTokens(database, test))),
  )
  return (await Promise.all(inWhole)).map((tests) => tests.flat())
}

async function wholeTokens({ read }: Database, test: TokenTest): Promise<readonly TokenTest[]> {
  const { token: beginning, isPrefix } = test
  if (!isPrefix) return [test]
  // One step a token: the next one is looked up, whatever number of documents have this one.
  const next = (from: SQL): SQL => sql`(
    select term from search_terms where term >= ${from} and term < ${`${beginning}\u{10FFFF}`} order by term limit 1
  )`
  const found = sql`(
    with recursive found(token, place) as (
      select ${next(sql`${beginning}`)}, 0
      union all
      select ${next(sql`token || char(1)`)}, place + 1 from found where token is not null and place < ${TOKENS}
    )
    select token from found where token is not null
  ) as found`
  const rows = await read.select({ token: sql<string>`token` }).from(found)
  if (rows.length > TOKENS) return [test]
  return rows.length === 0 ? [{ token: beginning, isPrefix: false }] : rows.map(whole)
}

function whole({ token }: { readonly token: string }): TokenTest {
  return { token, isPrefix: false }
}

interface Words {
  readonly and: string
  readonly or: string
  readonly quote: string
  readonly prefix: string
}

function toText(query: TokenQuery, { and, or, quote, prefix }: Words): string {
  const written = ({ token, isPrefix }: TokenTest): string =>
    `${quote}${token}${quote}${isPrefix ? prefix : ''}`
  return query.map((tests) => `(${tests.map(written).join(or)})`).join(and)
}
