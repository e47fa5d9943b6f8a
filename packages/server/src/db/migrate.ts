import type { Clock } from '../clock.ts'
import { keep } from './kept.ts'
import {
  CREATE_MIGRATIONS,
  pendingMigrations,
  readMigrations,
  type Migration,
} from './migrations.ts'
import type { Lane } from './postgres-lane.ts'
import type { Connection } from './sqlite-connection.ts'

/** Brings an SQLite database to this version's schema, in one transaction. */
export function migrateSqlite(connection: Connection, clock: Clock): void {
  const migrate = connection.transaction(() => {
    connection.exec(CREATE_MIGRATIONS)
    const select = keep(connection.prepare<[], number>('select made_at from migrations'))
    const applied = select.pluck().all()
    const record = keep(connection.prepare('insert into migrations values (?, ?)'))
    for (const migration of pendingMigrations(readMigrations('sqlite'), applied)) {
      for (const statement of migration.statements) connection.exec(statement)
      record.run(migration.madeAt, clock.now())
    }
  })
  migrate.immediate()
}

// Any number that no other user of the database takes: "tidings" on a telephone.
const MIGRATION_LOCK = 8434647

/** Brings a Postgres database to this version's schema, in one transaction. Nodes that start together take turns. */
export async function migratePostgres(lane: Lane, clock: Clock): Promise<void> {
  // Nearly every start has nothing to do: it need not be patient with a database that may have fallen silent.
  const [[isThere] = []] = (await lane.run(`select to_regclass('migrations') is not null`)).rows
  if (isThere === true && (await pendingOf(lane)).length === 0) return
  await lane.run('begin')
  // A long migration is waited for, one's own and another node's.
  await lane.run('set local lock_timeout = 0')
  await lane.run('set local statement_timeout = 0')
  await lane.run(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`, [], { isPatient: true })
  await lane.run(CREATE_MIGRATIONS)
  for (const { madeAt, statements } of await pendingOf(lane)) {
    for (const statement of statements) await lane.run(statement, [], { isPatient: true })
    // In one message: between a text and its parameters nothing limits how long a node that falls silent keeps the lock.
    await lane.run(`insert into migrations values (${madeAt}, ${clock.now()})`)
  }
  await lane.run('commit', [], { isPatient: true })
}

async function pendingOf(lane: Lane): Promise<readonly Migration[]> {
  const { rows } = await lane.run('select made_at from migrations')
  const applied = rows.map(([madeAt]) => Number(madeAt))
  return pendingMigrations(readMigrations('postgres'), applied)
}
