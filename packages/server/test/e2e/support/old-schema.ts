import postgres from 'postgres'
import { pathOfFileUrl } from '../../../src/db/files.ts'
import { CREATE_MIGRATIONS, readMigrations, type Migration } from '../../../src/db/migrations.ts'
import { openFile } from '../../support/open-file.ts'

/** Two databases of one engine. */
export interface Copying {
  /** Of this version; nobody has it open. */
  readonly from: string
  /** Empty. */
  readonly to: string
  /** Migrations that an earlier version had. */
  readonly migrations: number
}

/** Rows by table. */
export type Counts = Readonly<Record<string, number>>

/**
 * Makes a database of an earlier version: its schema is what the first migrations make, and it holds the rows of another, of each
 * the columns that there were then. Answers how many rows each of its tables has.
 */
export function copyToOldSchema(copying: Copying): Promise<Counts> {
  return copying.from.startsWith('file:') ? copySqlite(copying) : copyPostgres(copying)
}

/** Of a file. The index of words is filled by the triggers of its table. */
async function copySqlite({ from, to, migrations }: Copying): Promise<Counts> {
  const connection = openFile(pathOfFileUrl(to))
  connection.pragma('journal_mode = wal')
  connection.pragma('foreign_keys = off')
  for (const statement of statementsOf(readMigrations('sqlite').slice(0, migrations)))
    connection.exec(statement)
  connection.prepare('attach ? as present').run(pathOfFileUrl(from))
  const tables = connection
    .prepare<[], string>(
      `select name from main.sqlite_schema where type = 'table' and name not like 'sqlite%'
        and name not like 'search_index%' and name <> 'migrations'`,
    )
    .pluck()
    .all()
  const counts: Record<string, number> = {}
  for (const table of tables) {
    const columns = connection
      .prepare<[string], string>('select name from pragma_table_info(?)')
      .pluck()
      .all(table)
    const names = columns.map((name) => `"${name}"`).join()
    const copied = connection
      .prepare(`insert into main."${table}" (${names}) select ${names} from present."${table}"`)
      .run()
    counts[table] = copied.changes
  }
  connection.close()
  return counts
}

async function copyPostgres({ from, to, migrations }: Copying): Promise<Counts> {
  const [present, old] = [from, to].map((url) => postgres(url, { max: 1, onnotice: () => {} }))
  if (present === undefined || old === undefined) throw new Error('two databases')
  for (const statement of statementsOf(readMigrations('postgres').slice(0, migrations)))
    await old.unsafe(statement)
  // Neither references nor triggers are looked at.
  await old`set session_replication_role = replica`
  const tables = await old<{ name: string; columns: string }[]>`
    select table_name as name, string_agg(quote_ident(column_name), ',') as columns
    from information_schema.columns
    where table_schema = 'public' and table_name <> 'migrations' and is_generated = 'NEVER'
    group by table_name`
  const counts: Record<string, number> = {}
  for (const { name, columns } of tables) {
    const [rows] = await present.unsafe<{ json: string }[]>(
      `select coalesce(json_agg(t), '[]')::text as json from (select ${columns} from "${name}") as t`,
    )
    const copied = await old.unsafe(
      `insert into "${name}" (${columns}) overriding system value
        select ${columns} from json_populate_recordset(null::"${name}", $1::text::json)`,
      [rows?.json ?? '[]'],
    )
    counts[name] = copied.count
    if (columns.split(',').includes('key'))
      await old.unsafe(
        `select setval(pg_get_serial_sequence('"${name}"', 'key'), max(key)) from "${name}"
          where pg_get_serial_sequence('"${name}"', 'key') is not null`,
      )
  }
  await Promise.all([present.end(), old.end()])
  return counts
}

function statementsOf(migrations: readonly Migration[]): readonly string[] {
  const records = migrations.map(({ madeAt }) => `insert into migrations values (${madeAt}, 1)`)
  return [CREATE_MIGRATIONS, ...migrations.flatMap(({ statements }) => statements), ...records]
}
