import { asc, eq, sql } from 'drizzle-orm'
import postgres from 'postgres'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Database, Tx } from '../../src/db/database.ts'
import { openDatabase } from '../../src/db/open.ts'
import { findSetting, readEpoch } from '../../src/db/settings.ts'
import { barrier, codeOf } from '../support/database-steps.ts'
import { createTestPlace, openTestDatabase } from '../support/databases.ts'
import { startMortalPostgres } from '../support/mortal-postgres.ts'

const raise = ({ tables: { streams } }: Database, tx: Tx, name: string) =>
  tx
    .update(streams)
    .set({ head: sql`${streams.head} + 1` })
    .where(eq(streams.name, name))
    .returning({ head: streams.head })

async function insertStreams(database: Database, ...names: string[]): Promise<void> {
  await database.tx((tx) =>
    tx
      .insert(database.tables.streams)
      .values(names.map((name) => ({ name })))
      .returning(),
  )
}

async function headsOf(database: Database): Promise<Record<string, number>> {
  const { streams } = database.tables
  const rows = await database.read.select().from(streams).orderBy(asc(streams.key))
  return Object.fromEntries(rows.map((row) => [row.name, row.head]))
}

test('[DB19] transactions that deadlock are both carried out, each once', async () => {
  await using database = await openTestDatabase('postgres')
  await insertStreams(database, 'm:1', 'm:2')
  const meet = barrier(2)
  const committed: string[] = []
  const cross = (first: string, second: string) => {
    let attempts = 0
    return database.tx(async (tx) => {
      attempts += 1
      database.after(tx, () => committed.push(first))
      await raise(database, tx, first)
      if (attempts === 1) await meet()
      await raise(database, tx, second)
      return attempts
    })
  }
  const attempts = await Promise.all([cross('m:1', 'm:2'), cross('m:2', 'm:1')])
  expect(attempts[0] + attempts[1]).toBeGreaterThan(2)
  expect(await headsOf(database)).toEqual({ 'm:1': 2, 'm:2': 2 })
  expect(committed.toSorted()).toEqual(['m:1', 'm:2'])
})

test('[DB19] twenty transactions over five streams in any order: all end, no lost update', async () => {
  await using database = await openTestDatabase('postgres', {
    postgres: { writers: 12, readers: 2 },
  })
  const names = ['m:1', 'm:2', 'm:3', 'm:4', 'm:5']
  await insertStreams(database, ...names)
  const writers = Array.from({ length: 20 }, (_, number) =>
    database.tx(async (tx) => {
      const order = [0, 1].map(
        (step) => names[(number * 3 + step * (number % 2 === 0 ? 1 : 4)) % 5] ?? '',
      )
      for (const name of order) await raise(database, tx, name)
    }),
  )
  await Promise.all(writers)
  const heads = await headsOf(database)
  expect(Object.values(heads).reduce((sum, head) => sum + head, 0)).toBe(40)
})

test('[DB19] a lock that is not let go of is waited for six times, then UNAVAILABLE', async () => {
  await using database = await openTestDatabase('postgres', { postgres: { lockMs: 20 } })
  await insertStreams(database, 'm:1')
  let attempts = 0
  const release = barrier(2)
  const held = barrier(2)
  const holder = database.tx(async (tx) => {
    await raise(database, tx, 'm:1')
    await held()
    await release()
  })
  await held()
  const refused = database.tx(async (tx) => {
    attempts += 1
    await raise(database, tx, 'm:1')
  })
  expect(await codeOf(refused)).toBe('UNAVAILABLE')
  await release()
  await holder
  expect(attempts).toBe(6)
  expect(await headsOf(database)).toEqual({ 'm:1': 1 })
})

test('[DB19] who waited for a row sees what its holder wrote: lock, then look, in a statement of its own', async () => {
  await using database = await openTestDatabase('postgres')
  const { streams, spans } = database.tables
  await insertStreams(database, 'm:1')
  await database.tx((tx) =>
    tx.insert(spans).values({ streamKey: 1, userKey: 1, fromSeq: 1 }).returning(),
  )
  const lock = (tx: Tx) =>
    database.forUpdate(tx.select().from(streams).where(eq(streams.name, 'm:1')))
  const held = barrier(2)
  const remover = database.tx(async (tx) => {
    await lock(tx)
    await held()
    await tx.update(spans).set({ toSeq: 0 })
  })
  await held()
  const sender = database.tx(async (tx) => {
    await lock(tx)
    return await tx.select({ toSeq: spans.toSeq }).from(spans)
  })
  await remover
  expect(await sender).toEqual([{ toSeq: 0 }])
})

test('[DB19] a locked row may be referred to: a new user does not wait for the lock on its stream', async () => {
  await using database = await openTestDatabase('postgres', { postgres: { lockMs: 500 } })
  const { streams, users } = database.tables
  await insertStreams(database, 'u:ann')
  const held = barrier(2)
  const release = barrier(2)
  const holder = database.tx(async (tx) => {
    await database.forUpdate(tx.select().from(streams))
    await held()
    await release()
  })
  await held()
  const ann = {
    id: 'ann',
    username: 'ann',
    usernameKey: 'ann',
    passwordHash: '-',
    streamKey: 1,
    createdAt: 1,
  }
  await database.tx((tx) => tx.insert(users).values(ann).returning())
  await release()
  await holder
  expect(await database.read.$count(users)).toBe(1)
})

test('[DB20] a statement that takes too long is ended, a read as well, and the connection lives on', async () => {
  await using database = await openTestDatabase('postgres', {
    postgres: { statementMs: 50, writers: 1, readers: 1 },
  })
  const sleep = (on: Pick<Tx, 'select'>) =>
    on.select({ x: sql`pg_sleep(10)` }).from(sql`(values (1)) as one`)
  expect(await codeOf((async () => await sleep(database.read))())).toBe('UNAVAILABLE')
  expect(await codeOf(database.tx((tx) => sleep(tx)))).toBe('UNAVAILABLE')
  await insertStreams(database, 'm:1')
  expect(await headsOf(database)).toEqual({ 'm:1': 0 })
})

test('[DB20] more callers than connections take turns', async () => {
  await using database = await openTestDatabase('postgres', {
    postgres: { writers: 2, readers: 2 },
  })
  await insertStreams(database, 'm:1')
  const raiseOnce = () => database.tx((tx) => raise(database, tx, 'm:1'))
  await Promise.all(Array.from({ length: 50 }, raiseOnce))
  const seen = await Promise.all(Array.from({ length: 50 }, () => headsOf(database)))
  expect(seen.every((heads) => heads['m:1'] === 50)).toBe(true)
})

test('[DB20] who waits for a connection in vain is told so', async () => {
  await using database = await openTestDatabase('postgres', {
    postgres: { writers: 2, waitMs: 100 },
  })
  const held = barrier(3)
  const release = barrier(3)
  const hold = () =>
    database.tx(async (tx) => {
      await tx.select().from(database.tables.settings)
      await held()
      await release()
    })
  const holders = [hold(), hold()]
  await held()
  expect(await codeOf(insertStreams(database, 'm:2'))).toBe('UNAVAILABLE')
  await release()
  await Promise.all(holders)
  expect(await headsOf(database)).toEqual({})
})

test('[DB21] nodes that start together on an empty database all start, with one schema and one epoch', async () => {
  await using place = await createTestPlace('postgres', { empty: true })
  const open = () =>
    openDatabase({
      ...{ url: place.url, clock: systemClock },
      postgres: { answerMs: 60_000, writers: 1, readers: 1 },
    })
  const nodes = await Promise.all(Array.from({ length: 5 }, open))
  const epochs = await Promise.all(nodes.map(readEpoch))
  expect(new Set(epochs).size).toBe(1)
  const [first] = nodes
  expect(first && (await findSetting(first, first.read, 'created_at'))).toMatch(/^\d+$/)
  await Promise.all(nodes.map((node) => node.close()))
})

test('[DB21] a node waits for the migration of another one, and for its own, longer than for any answer', async () => {
  await using place = await createTestPlace('postgres', { empty: true })
  const other = postgres(place.url, { max: 2, onnotice: () => undefined })
  const migrating = await other.reserve()
  await migrating`select pg_advisory_lock(8434647)`
  // Enough for what it asks before and after, also where much else is done.
  const answerMs = 2_000
  const options = { answerMs, writers: 1, readers: 1 }
  const opening = openDatabase({ url: place.url, clock: systemClock, postgres: options })
  // A node that has given up is seen here, not by nobody.
  const ended = opening.then(
    () => 'opened',
    (error: unknown) => error,
  )
  const waiting = async () => {
    const [row] = await other`
      select count(*)::int as count from pg_stat_activity where datname = current_database()
      and wait_event = 'advisory' and query_start < now() - interval '1 millisecond' * ${1.5 * answerMs}`
    return row?.['count'] as number
  }
  await vi.waitFor(async () => expect(await waiting()).toBe(1), { interval: 20 })
  await migrating`select pg_advisory_unlock(8434647)`
  expect(await ended).toBe('opened')
  migrating.release()
  await other.end()
  await (await opening).close()
})

test('[DB22] neither is one that does not force what it writes to the disk', async () => {
  await using own = await startMortalPostgres()
  await own.createDatabase('unsafe')
  const url = own.urlOf('unsafe', own.port)
  const admin = postgres(url, { max: 1 })
  for (const setting of ['fsync', 'full_page_writes']) {
    await admin.unsafe(`alter system set ${setting} = off`)
    await admin`select pg_reload_conf()`
    const now = async () => (await admin.unsafe(`show ${setting}`))[0]?.[setting] as string
    await vi.waitFor(async () => expect(await now()).toBe('off'), { interval: 20 })
    await expect(openDatabase({ url, clock: systemClock })).rejects.toMatchObject({
      code: 'UNSAFE_SETTINGS',
      message: expect.stringContaining(setting),
    })
    await admin.unsafe(`alter system reset ${setting}`)
    await admin`select pg_reload_conf()`
    await vi.waitFor(async () => expect(await now()).toBe('on'), { interval: 20 })
  }
  await admin.end()
  const safe = await openDatabase({ url, clock: systemClock })
  await safe.close()
})

test('[DB22] a server that may lose what it acknowledged is refused, unless it is asked for', async () => {
  await using place = await createTestPlace('postgres')
  const client = postgres(place.url, { max: 1 })
  await client.unsafe(
    `alter database "${new URL(place.url).pathname.slice(1)}" set synchronous_commit = off`,
  )
  await client.end()
  const options = { url: place.url, clock: systemClock }
  await expect(openDatabase(options)).rejects.toMatchObject({
    code: 'UNSAFE_SETTINGS',
    message: expect.stringContaining('synchronous_commit'),
  })
  const allowed = await openDatabase({ ...options, postgres: { allowUnsafe: true } })
  await allowed.close()
})
