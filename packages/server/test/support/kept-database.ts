import postgres from 'postgres'
import { sql } from 'drizzle-orm'
import { systemClock } from '../../src/clock.ts'
import type { Database, Reader, Tx, TxOptions } from '../../src/db/database.ts'
import { openDatabase } from '../../src/db/open.ts'
import { bootstrapSettings } from '../../src/db/settings.ts'
import { barrier } from './database-steps.ts'
import { emptyDatabase, type PostgresPlaces, type TestPlace } from './postgres-places.ts'

/**
 * Test files run side by side against one server of 300 connections, perhaps on a machine with much else to do: a statement
 * may take as long there as a test may wait for anything.
 */
export const POSTGRES = { writers: 4, readers: 3, statementMs: 45_000, answerMs: 45_000 }

/** An open Postgres database with all of its connections, for one test after another. */
interface KeptDatabase {
  readonly database: Database
  /** What it was made of: a test may put a clock of its own in, and the next one must not have it. */
  readonly asOpened: PropertyDescriptorMap
  readonly place: TestPlace
  /** Empties it, beside its own connections. */
  readonly broom: postgres.Sql
  /** Of its connections. */
  readonly pids: readonly number[]
}

// To open seven connections, which learn all the tables anew, takes longer than most tests do.
const spare: KeptDatabase[] = []

/** Lends an empty database with an epoch of its own. Given back, it serves the next test unless this one has closed it. */
export async function lendDatabase(
  places: PostgresPlaces,
): Promise<Database & AsyncDisposable & { readonly url: string }> {
  const kept = spare.pop() ?? (await open(places))
  const { database, place } = kept
  for (const name of Reflect.ownKeys(database)) Reflect.deleteProperty(database, name)
  Object.defineProperties(database, kept.asOpened)
  await bootstrapSettings(database)
  const { tx, close, hurry } = Object.getPrototypeOf(database) as Database
  const underWay = new Set<Promise<unknown>>()
  let isSpoiled = false
  let isGivenBack = false
  return Object.assign(database, {
    url: place.url,
    tx<T>(work: (tx: Tx) => Promise<T>, options?: TxOptions): Promise<T> {
      const done = tx.call(database, work, options) as Promise<T>
      underWay.add(done)
      const end = (): boolean => underWay.delete(done)
      done.then(end, end)
      return done
    },
    close() {
      isSpoiled = true
      return close.call(database)
    },
    hurry() {
      isSpoiled = true
      hurry.call(database)
    },
    async [Symbol.asyncDispose]() {
      if (isGivenBack) return
      isGivenBack = true
      // What a test has not waited for would be done in the middle of the next one.
      await Promise.allSettled(underWay)
      if (!isSpoiled && (await isEmptied(kept))) {
        spare.push(kept)
        return
      }
      await kept.broom.end()
      await close.call(database)
      await place[Symbol.asyncDispose]()
    },
  })
}

async function open(places: PostgresPlaces): Promise<KeptDatabase> {
  const place = await places.reuse()
  const database = await openDatabase({ clock: systemClock, postgres: POSTGRES, url: place.url })
  const pids = [...(await writersOf(database)), ...(await readersOf(database))]
  const asOpened = Object.getOwnPropertyDescriptors(database) as PropertyDescriptorMap
  const broom = postgres(place.url, { max: 1, onnotice: () => {} })
  return { database, asOpened, place, pids, broom }
}

/** All of them at once, so that each is another one. */
function writersOf(database: Database): Promise<readonly number[]> {
  const all = barrier(POSTGRES.writers)
  const one = () =>
    database.tx(async (tx) => {
      const pid = await pidOn(tx)
      await all()
      return pid
    })
  return Promise.all(Array.from({ length: POSTGRES.writers }, one))
}

function readersOf(database: Database): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: POSTGRES.readers }, () => pidOn(database.read)))
}

async function pidOn(on: Reader): Promise<number> {
  const pid = sql<number>`pg_backend_pid()`
  const [row] = await on.select({ pid }).from(sql`(values (1)) as one`)
  if (row === undefined) throw new Error('Postgres has no process')
  return row.pid
}

/** False when a connection is lost, or still has something to do: then none of them serves another test. */
async function isEmptied({ broom, pids }: KeptDatabase): Promise<boolean> {
  try {
    const idle = await broom`
      select from pg_stat_activity where pid = any(${[...pids]}) and state = 'idle'`
    if (idle.length < pids.length) return false
    await emptyDatabase(broom, pids)
    return true
  } catch {
    return false
  }
}
