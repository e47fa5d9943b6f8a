import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { describe, inject } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Database } from '../../src/db/database.ts'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { openDatabase, type OpenOptions } from '../../src/db/open.ts'

/** One of the engines. */
export type Engine = Database['engine']

/** The engines that tests run on here: both, or those that `TIDINGS_TEST_ENGINES` names, for a quick look. */
export const engines = (['sqlite', 'postgres'] as const).filter((engine) =>
  (process.env['TIDINGS_TEST_ENGINES'] ?? engine).includes(engine),
)

/** A database of one test. */
export interface TestDatabase extends Database, AsyncDisposable {
  /** Where it is, for a second server or a look from outside. */
  readonly url: string
}

/** Runs a block of tests on every engine. */
export function describeEngines(name: string, block: (engine: Engine) => void): void {
  for (const engine of engines) {
    describe(`${name} on ${engine}`, () => {
      block(engine)
    })
  }
}

/** A place for a database that is not there yet; disposing removes what was made there. */
export interface TestPlace extends AsyncDisposable {
  readonly url: string
}

/** Opens a fresh, migrated database; it is removed when disposed of. */
export async function openTestDatabase(
  engine: Engine,
  options: Partial<OpenOptions> = {},
): Promise<TestDatabase> {
  const place = (engine === 'postgres' ? spare.pop() : undefined) ?? (await createTestPlace(engine))
  const database = await openDatabase({ clock: systemClock, ...pools, ...options, url: place.url })
  return Object.assign(database, {
    url: place.url,
    async [Symbol.asyncDispose]() {
      const isEmpty = engine === 'postgres' && (await emptied(database))
      await database.close()
      if (isEmpty) await keep(place)
      else await place[Symbol.asyncDispose]()
    },
  })
}

// Creating and dropping a Postgres database costs several syncs of the disk, emptying it one. What is left over in the end
// goes with the server, or by the name of the run.
const spare: TestPlace[] = []

/** A second node that a test has left open must not meet the next test. */
async function keep(place: TestPlace): Promise<void> {
  const name = new URL(place.url).pathname.slice(1)
  if (server === undefined) return
  await server.admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
  spare.push(place)
}

/** False when it cannot be used again: the test has closed it, or broken it. */
async function emptied(database: Database): Promise<boolean> {
  const {
    deviceCursors,
    tickets,
    refreshTokens,
    members,
    conversations,
    sessions,
    users,
    ...others
  } = database.tables
  const { guessCounts, spans, events, streams, settings } = others
  // Those that refer to others first.
  const tables = [deviceCursors, tickets, refreshTokens, members, conversations, sessions, users]
  const alone = [guessCounts, spans, events, streams, settings]
  try {
    await database.tx(async (tx) => {
      for (const table of [...tables, ...alone]) await tx.delete(table)
      const keyed = ['streams', 'users', 'sessions', 'conversations']
      const restarts = keyed.map((table) => sql`setval(${`${table}_key_seq`}, 1, false)`)
      await tx.select({ restarted: sql.join(restarts, sql` + `) }).from(sql`(values (1)) as one`)
    })
    return true
  } catch {
    return false
  }
}

// Test files run side by side against one server of 300 connections.
const pools = { postgres: { writers: 4, readers: 3 } }

/** Where a new database can be opened: an empty SQLite file's path, or a Postgres database, migrated unless `empty`. */
export async function createTestPlace(
  engine: Engine,
  { empty = false }: { empty?: boolean } = {},
): Promise<TestPlace> {
  if (engine === 'sqlite') {
    const folder = mkdtempSync(join(inject('runFolder'), 'sqlite-'))
    return {
      url: `file:${join(folder, 'tidings.db')}`,
      async [Symbol.asyncDispose]() {
        rmSync(folder, { recursive: true, force: true })
      },
    }
  }
  if (server === undefined) throw new Error('TIDINGS_TEST_ENGINES leaves Postgres out')
  const { admin, template, urlOf } = server
  const name = `${template}_${randomBytes(6).toString('hex')}`
  await admin.unsafe(`create database ${name} template ${empty ? 'template0' : template}`)
  return {
    url: urlOf(name),
    async [Symbol.asyncDispose]() {
      await admin.unsafe(`drop database if exists ${name} with (force)`)
    },
  }
}

/** A copy of a database that nobody has open. */
export async function copyTestPlace(engine: Engine, { url }: TestPlace): Promise<TestPlace> {
  const copy = await createTestPlace(engine, { empty: true })
  if (engine === 'sqlite') {
    const [from, to] = [url, copy.url].map(pathOfFileUrl)
    copyFileSync(from ?? '', to ?? '')
  } else if (server !== undefined) {
    const [from, to] = [url, copy.url].map((place) => new URL(place).pathname.slice(1))
    await server.admin.unsafe(`drop database ${to}`)
    await server.admin.unsafe(`create database ${to} template ${from}`)
  }
  return copy
}

interface TestServer {
  readonly admin: postgres.Sql
  readonly template: string
  urlOf(database: string): string
}

async function findServer(): Promise<TestServer> {
  const answer: unknown = JSON.parse(await text(connect(inject('postgresSocket'))))
  const { url, template, error } = answer as { url: string; template: string; error?: string }
  if (error !== undefined) throw new Error(error)
  // The connection may not keep the test process alive.
  const admin = postgres(url, { max: 1, idle_timeout: 1, onnotice: () => {} })
  const urlOf = (database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href
  await createTemplate(admin, template, urlOf(template))
  return { admin, template, urlOf }
}

/** Every test database is a copy of one that the first test process has migrated. */
async function createTemplate(admin: postgres.Sql, name: string, url: string): Promise<void> {
  const connection = await admin.reserve()
  try {
    await connection`select pg_advisory_lock(hashtext(${name}))`
    const found =
      await connection`select 1 from pg_database where datname = ${name} and datistemplate`
    if (found.length > 0) return
    // Left half-made by a process whose migration failed.
    await connection.unsafe(`drop database if exists ${name} with (force)`)
    await connection.unsafe(`create database ${name}`)
    const database = await openDatabase({ clock: systemClock, url })
    // Each copy gets an epoch of its own.
    await database.tx((tx) => tx.delete(database.tables.settings).then(() => {}))
    await database.close()
    await connection.unsafe(`alter database ${name} is_template true`)
  } finally {
    await connection`select pg_advisory_unlock(hashtext(${name}))`
    connection.release()
  }
}

// While the file is loaded: starting the server may take longer than one test is given.
const server = engines.includes('postgres') ? await findServer() : undefined
