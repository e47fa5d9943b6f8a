import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type Sqlite from 'better-sqlite3'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { engines, openTestDatabase } from '../support/databases.ts'
import { openFile } from '../support/open-file.ts'

/** A table as both engines can describe it. */
interface TableShape {
  readonly columns: readonly string[]
  readonly primaryKey: readonly string[]
  /** `name unique|plain (columns) where ...` */
  readonly indexes: readonly string[]
  /** `(column) -> table (column)` */
  readonly references: readonly string[]
}

type Shapes = Readonly<Record<string, TableShape>>

const normal = (sql: string) =>
  sql
    .toLowerCase()
    .replaceAll(/["`()]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()

const kindOf = (type: string) => (/int/i.test(type) ? 'integer' : 'text')

function sqliteShapes(file: string): Shapes {
  using connection = disposable(openFile(file, { readonly: true }))
  const all = <T>(sql: string, ...values: unknown[]) =>
    connection.prepare(sql).all(...values) as T[]
  const names = all<{ name: string }>(
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite%' and name not like 'search_index%'",
  )
  const shapeOf = (table: string): TableShape => {
    const columns = all<{
      name: string
      type: string
      notnull: number
      dflt_value: string | null
      pk: number
    }>('select * from pragma_table_info(?)', table)
    const indexes = all<{ name: string; unique: number; origin: string }>(
      'select * from pragma_index_list(?)',
      table,
    )
    const columnsOf = (index: string) =>
      all<{ name: string }>('select name from pragma_index_info(?) order by seqno', index).map(
        (row) => row.name,
      )
    const whereOf = (index: string) => {
      const [row] = all<{ sql: string }>('select sql from sqlite_schema where name = ?', index)
      return normal(/ where (.*)$/i.exec(row?.sql ?? '')?.[1] ?? '')
    }
    return {
      columns: columns.map(
        (c) =>
          `${c.name} ${kindOf(c.type)} ${c.notnull || c.pk ? 'not null' : 'null'} ${normal(c.dflt_value ?? '')}`,
      ),
      primaryKey: columns
        .filter((c) => c.pk > 0)
        .toSorted((a, b) => a.pk - b.pk)
        .map((c) => c.name),
      indexes: indexes
        .filter((index) => index.origin === 'c')
        .map(
          (index) =>
            `${index.name} ${index.unique ? 'unique' : 'plain'} ${columnsOf(index.name)} ${whereOf(index.name)}`,
        )
        .toSorted(),
      references: all<{ from: string; table: string; to: string }>(
        'select * from pragma_foreign_key_list(?)',
        table,
      )
        .map((key) => `${key.from} -> ${key.table}.${key.to}`)
        .toSorted(),
    }
  }
  return Object.fromEntries(names.map(({ name }) => [name, shapeOf(name)]))
}

async function postgresShapes(url: string): Promise<Shapes> {
  const client = postgres(url, { max: 1, onnotice: () => {} })
  const columns = await client`
    select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
    where table_schema = 'public' order by table_name, ordinal_position`
  // The index of words: on SQLite it is a virtual table with tables of its own.
  const indexes = await client`
    select t.relname as table, i.relname as name, x.indisunique as unique, x.indisprimary as primary,
      array(select a.attname from unnest(x.indkey) with ordinality k(number, place)
        join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number order by place)::text[] as columns,
      pg_get_expr(x.indpred, x.indrelid) as predicate
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    join pg_namespace n on n.oid = t.relnamespace
    where n.nspname = 'public' and i.relname <> 'search_documents_tokens_index'`
  const keys = await client`
    select c.conrelid::regclass::text as table, a.attname as from, c.confrelid::regclass::text as other, f.attname as to
    from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    join pg_attribute f on f.attrelid = c.confrelid and f.attnum = c.confkey[1] where c.contype = 'f'`
  await client.end()
  const names = [...new Set(columns.map((c) => String(c['table_name'])))]
  const shapeOf = (table: string): TableShape => {
    const own = indexes.filter((index) => index['table'] === table)
    return {
      columns: columns
        .filter((c) => c['table_name'] === table)
        .map((c) => {
          const given = normal(String(c['column_default'] ?? '').replace(/::\w+$/, ''))
          const nullable = c['is_nullable'] === 'NO' ? 'not null' : 'null'
          return `${c['column_name']} ${kindOf(c['data_type'])} ${nullable} ${given}`
        }),
      primaryKey: own.find((index) => index['primary'])?.['columns'] ?? [],
      indexes: own
        .filter((index) => !index['primary'])
        .map(
          (i) =>
            `${i['name']} ${i['unique'] ? 'unique' : 'plain'} ${i['columns']} ${normal(i['predicate'] ?? '')}`,
        )
        .toSorted(),
      references: keys
        .filter((key) => key['table'] === table)
        .map((key) => `${key['from']} -> ${key['other']}.${key['to']}`)
        .toSorted(),
    }
  }
  return Object.fromEntries(names.map((name) => [name, shapeOf(name)]))
}

function disposable(connection: Sqlite.Database): Sqlite.Database & Disposable {
  return Object.assign(connection, { [Symbol.dispose]: () => connection.close() })
}

const migrations = new URL('../../migrations/', import.meta.url)
const isAlone = engines.length < 2

test.skipIf(isAlone)(
  '[DB15] both engines have the same tables, columns, keys, indexes and references',
  async () => {
    await using sqlite = await openTestDatabase('sqlite')
    await using other = await openTestDatabase('postgres')
    const shapes = sqliteShapes(pathOfFileUrl(sqlite.url))
    expect(Object.keys(shapes).length).toBeGreaterThan(10)
    expect(await postgresShapes(other.url)).toEqual(shapes)
  },
)

test('[DB16] what refers to a session is found by an index, since sessions are deleted', async () => {
  await using database = await openTestDatabase('sqlite')
  const tables = Object.entries(sqliteShapes(pathOfFileUrl(database.url)))
  const referring = tables.flatMap(([name, { references, indexes, primaryKey }]) =>
    references
      .filter((reference) => reference.endsWith('-> sessions.key'))
      .map((reference) => reference.split(' ')[0])
      .map((column) => ({
        name,
        isIndexed:
          primaryKey[0] === column ||
          indexes.some((index) => index.split(' ')[2]?.split(',')[0] === column),
      })),
  )
  expect(referring.map(({ name }) => name)).toContain('tickets')
  expect(referring.filter(({ isIndexed }) => !isIndexed)).toEqual([])
})

test('[DB15] small rows that are found by their key have no second b-tree on SQLite', async () => {
  await using database = await openTestDatabase('sqlite')
  using connection = disposable(openFile(pathOfFileUrl(database.url), { readonly: true }))
  const rows = connection
    .prepare(
      "select name from pragma_table_list where wr = 1 and schema = 'main' and name not like 'search_index%'",
    )
    .pluck()
    .all()
  expect(rows.toSorted()).toEqual([
    'addressees',
    'device_cursors',
    'hidden_messages',
    'members',
    'mentions',
    'reactions',
    'spans',
  ])
})

test.skipIf(isAlone)(
  '[DB15] on Postgres every text is ordered by code point, and a stream has room to be updated in place',
  async () => {
    await using database = await openTestDatabase('postgres')
    const client = postgres(database.url, { max: 1 })
    const texts = await client`
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and data_type = 'text' and collation_name is distinct from 'C'`
    const [streams] = await client`select reloptions from pg_class where relname = 'streams'`
    await client.end()
    expect([...texts]).toEqual([])
    expect(streams?.['reloptions']).toEqual(['fillfactor=50'])
  },
)

test('[DB15] the migrations are those that the tables ask for', () => {
  const script = fileURLToPath(
    new URL('../../../../scripts/generate-migrations.mjs', import.meta.url),
  )
  expect(existsSync(script)).toBe(true)
  const run = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(`${run.stdout}${run.stderr}`).toContain('both sets of migrations match the tables')
})

test('[DB15] migrations of both engines go in pairs', () => {
  const tags = engines.map((engine) => {
    const journal = JSON.parse(
      readFileSync(new URL(`${engine}/meta/_journal.json`, migrations), 'utf8'),
    ) as {
      entries: { tag: string }[]
    }
    return journal.entries.map((entry) => entry.tag)
  })
  for (const list of tags) expect(list).toEqual(tags[0])
})
