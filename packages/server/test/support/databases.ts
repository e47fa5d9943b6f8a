import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, inject } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Database } from '../../src/db/database.ts'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { openDatabase, type OpenOptions } from '../../src/db/open.ts'
import { lendDatabase, POSTGRES } from './kept-database.ts'
import {
  openPostgresPlaces,
  openWithoutEpoch,
  type PostgresPlaces,
  type TestPlace,
} from './postgres-places.ts'

export type { TestPlace }

/** One of the engines. */
export type Engine = Database['engine']

/** The engines that tests run on here: both, or those that `TEST_ENGINES` names, for a quick look. */
export const engines = (['sqlite', 'postgres'] as const).filter((engine) =>
  (process.env['TEST_ENGINES'] ?? engine).includes(engine),
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

/** Opens a fresh, migrated database; it is removed when disposed of. */
export async function openTestDatabase(
  engine: Engine,
  options: Partial<OpenOptions> = {},
): Promise<TestDatabase> {
  if (engine === 'postgres' && Object.keys(options).length === 0) return lendDatabase(postgres())
  const place = await reuseTestPlace(engine)
  const usual = { clock: systemClock, postgres: POSTGRES }
  const database = await openDatabase({ ...usual, ...options, url: place.url })
  return Object.assign(database, {
    url: place.url,
    async [Symbol.asyncDispose]() {
      await database.close()
      await place[Symbol.asyncDispose]()
    },
  })
}

/** Where a new database can be opened, migrated unless `empty`: then an SQLite file is not there yet. */
export async function createTestPlace(
  engine: Engine,
  { empty = false }: { empty?: boolean } = {},
): Promise<TestPlace> {
  if (engine === 'postgres') return postgres().create(empty ? 'template0' : undefined)
  const place = createSqlitePlace()
  if (!empty) copyFileSync(await (migratedFile ??= migrateFile()), pathOfFileUrl(place.url))
  return place
}

/** The same for a test that does nothing to the schema: on Postgres, where an earlier test may have been. */
export async function reuseTestPlace(engine: Engine): Promise<TestPlace> {
  return engine === 'postgres' ? postgres().reuse() : createTestPlace(engine)
}

function createSqlitePlace(): TestPlace {
  const folder = mkdtempSync(join(inject('runFolder'), 'sqlite-'))
  return {
    url: `file:${join(folder, 'tidings.db')}`,
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// Copied for each test that opens an SQLite database: to migrate one costs several times what opening it does.
let migratedFile: Promise<string> | undefined

async function migrateFile(): Promise<string> {
  const { url } = createSqlitePlace()
  await openWithoutEpoch(url)
  return pathOfFileUrl(url)
}

/** A copy of a database that nobody has open. */
export async function copyTestPlace(engine: Engine, { url }: TestPlace): Promise<TestPlace> {
  if (engine === 'postgres') return postgres().create(new URL(url).pathname.slice(1))
  const copy = createSqlitePlace()
  copyFileSync(pathOfFileUrl(url), pathOfFileUrl(copy.url))
  return copy
}

// While the file is loaded: starting the server may take longer than one test is given.
const places = engines.includes('postgres') ? await openPostgresPlaces() : undefined

function postgres(): PostgresPlaces {
  if (places === undefined) throw new Error('TEST_ENGINES leaves Postgres out')
  return places
}
