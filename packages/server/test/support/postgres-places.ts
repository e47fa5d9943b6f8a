import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { getTableName } from 'drizzle-orm'
import postgres from 'postgres'
import { inject } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openDatabase } from '../../src/db/open.ts'
import { postgresTables } from '../../src/db/postgres-tables.ts'

/** A place for a database that is not there yet; disposing removes what was made there. */
export interface TestPlace extends AsyncDisposable {
  readonly url: string
}

/** The databases that tests of this process make on the one Postgres of the run. */
export interface PostgresPlaces {
  /** A copy of the database named, else of the migrated one. */
  create(from?: string): Promise<TestPlace>
  /** A migrated one in which an earlier test may have been: it is emptied, and its epoch is gone. */
  reuse(): Promise<TestPlace>
}

/** Migrates what is copied: each copy gets an epoch of its own. */
export async function openWithoutEpoch(url: string): Promise<void> {
  const database = await openDatabase({ clock: systemClock, url })
  await database.tx((tx) => tx.delete(database.tables.settings).then(() => {}))
  await database.close()
}

/** Starts the server of the run unless another process has, and makes what is copied unless it is there. */
export async function openPostgresPlaces(): Promise<PostgresPlaces> {
  const answer: unknown = JSON.parse(await text(connect(inject('postgresSocket'))))
  const { url, template, error } = answer as { url: string; template: string; error?: string }
  if (error !== undefined) throw new Error(error)
  // The connection may not keep the test process alive.
  const admin = postgres(url, { max: 1, idle_timeout: 1, onnotice: () => {} })
  const urlOf = (database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href
  await createTemplate(admin, template, urlOf(template))
  const create = async (from = template): Promise<TestPlace> => {
    const name = `${template}_${randomBytes(6).toString('hex')}`
    await admin.unsafe(`create database ${name} template ${from}`)
    return {
      url: urlOf(name),
      async [Symbol.asyncDispose]() {
        await admin.unsafe(`drop database if exists ${name} with (force)`)
      },
    }
  }
  // Creating and dropping one costs twenty times what emptying it does. What is left over in the end goes with the server, or
  // by the name of the run.
  const spare: TestPlace[] = []
  const reuse = async (): Promise<TestPlace> => {
    const place = spare.pop() ?? (await create())
    let isGivenBack = false
    return {
      url: place.url,
      async [Symbol.asyncDispose]() {
        if (isGivenBack) return
        isGivenBack = true
        if (await isEmptied(place.url)) spare.push(place)
        else await place[Symbol.asyncDispose]()
      },
    }
  }
  return { create, reuse }
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
    await openWithoutEpoch(url)
    await connection.unsafe(`alter database ${name} is_template true`)
  } finally {
    await connection`select pg_advisory_unlock(hashtext(${name}))`
    connection.release()
  }
}

const KEYED = ['streams', 'users', 'sessions', 'conversations', 'notifications']

// The audit log refuses to be emptied by anybody else than replication.
const EMPTY = [
  'set local session_replication_role = replica',
  ...Object.values(postgresTables).map((table) => `delete from "${getTableName(table)}"`),
  ...KEYED.map((table) => `select setval('${table}_key_seq', 1, false)`),
]

/** Ends everybody else but those `kept`, a second node that a test has left open above all, and empties the database. */
export async function emptyDatabase(on: postgres.Sql, kept: readonly number[]): Promise<void> {
  const end = `select pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and pid <> all(array[${[0, ...kept].join()}, pg_backend_pid()])`
  await on.unsafe(['begin', end, ...EMPTY, 'commit'].join(';\n')).simple()
}

/** False when it cannot be used again: a test has broken it. */
async function isEmptied(url: string): Promise<boolean> {
  const connection = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await emptyDatabase(connection, [])
    return true
  } catch {
    return false
  } finally {
    await connection.end()
  }
}
