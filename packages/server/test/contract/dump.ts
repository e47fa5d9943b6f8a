import postgres from 'postgres'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { openFile } from '../support/open-file.ts'
import { httpClient, type Person } from './person.ts'

type Row = Readonly<Record<string, unknown>>

/** What a command changes. Sessions and what hangs on them tell how one came in, which is what may differ. */
const TABLES: Readonly<Record<string, string>> = {
  users: 'key',
  conversations: 'key',
  members: 'conversation_key, user_key',
  streams: 'key',
  spans: 'stream_key, user_key, from_seq',
  events: 'stream_key, seq',
}

/** Everything that is stored about people and conversations, as it stands in the database. */
async function rowsOf(databaseUrl: string): Promise<Readonly<Record<string, readonly Row[]>>> {
  const query = (table: string, order: string) => `select * from ${table} order by ${order}`
  const tables = Object.entries(TABLES)
  if (databaseUrl.startsWith('file:')) {
    const connection = openFile(pathOfFileUrl(databaseUrl), { readonly: true })
    const all = tables.map(([table, order]) => [
      table,
      connection.prepare(query(table, order)).all(),
    ])
    connection.close()
    return Object.fromEntries(all) as Record<string, Row[]>
  }
  const sql = postgres(databaseUrl, { max: 1 })
  const all: [string, Row[]][] = []
  for (const [table, order] of tables)
    all.push([table, [...(await sql.unsafe(query(table, order)))]])
  await sql.end()
  return Object.fromEntries(all)
}

const TIMES = /^(?:ts|.*_ts|.*_at|timestamp|createdAt|editedAt|activeAt|joinedAt|watermark|epoch)$/
const CHANCE = /^(?:tag|.*_tag|password_hash|payload_hash|mark|cursor)$/
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** What the database holds and what each of the people can sync, without what time and chance decide. */
export async function dump(
  { url, databaseUrl }: { readonly url: string; readonly databaseUrl: string },
  people: readonly Person[],
): Promise<string> {
  const synced: unknown[] = []
  for (const { accessToken } of people)
    synced.push(await httpClient(url, accessToken).sync.since.mutate({ since: 0 }))
  const whole = JSON.stringify({ stored: await rowsOf(databaseUrl), synced }, settled, 1)
  const names = new Map<string, string>()
  return whole.replaceAll(ID, (id) => {
    const name = names.get(id) ?? `id ${names.size + 1}`
    names.set(id, name)
    return name
  })
}

function settled(key: string, value: unknown): unknown {
  if (CHANCE.test(key)) return 'chance'
  if (TIMES.test(key) && value !== null) return 'a time'
  // SQLite keeps JSON as text.
  return key === 'body' && typeof value === 'string' && value.startsWith('{')
    ? JSON.parse(value, settled)
    : value
}
