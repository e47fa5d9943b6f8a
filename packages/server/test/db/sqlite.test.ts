import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Database, TxOptions } from '../../src/db/database.ts'
import { DatabaseOpenError } from '../../src/db/errors.ts'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { openDatabase, type OpenOptions } from '../../src/db/open.ts'
import { openConnection } from '../../src/db/sqlite-connection.ts'
import { codeOf, namesOf } from '../support/database-steps.ts'
import { createTestPlace, describeEngines, openTestDatabase } from '../support/databases.ts'
import { openFile } from '../support/open-file.ts'

const open = (url: string, sqlite: OpenOptions['sqlite'] = {}) =>
  openDatabase({ url, clock: systemClock, sqlite })

/** Another server process on the same database, that holds it until it is killed. */
async function startServer(url: string) {
  const script = `
    import { openDatabase } from ${JSON.stringify(new URL('../../src/db/open.ts', import.meta.url).href)}
    const database = await openDatabase({ url: ${JSON.stringify(url)}, clock: { now: () => Date.now() } })
    for (let number = 0; ; number += 1) {
      await database.tx((tx) => tx.insert(database.tables.streams).values({ name: 'm:' + number }).returning())
      process.stdout.write('m:' + number + '\\n')
    }`
  const options = [
    '--import',
    'tsx',
    '--conditions=@tidings/source',
    '--input-type=module',
    '-e',
    script,
  ]
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const child = spawn(process.execPath, options, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let written = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    written += chunk
  })
  await once(child.stdout, 'data')
  return {
    /** Ends it as a loss of power would; answers what it had said to be stored. */
    async kill(): Promise<string[]> {
      child.kill('SIGKILL')
      await once(child, 'close')
      return written.split('\n').slice(0, -1)
    },
  }
}

test('[DB29] statistics of another day are forgotten at the start, and none are left behind', async () => {
  await using place = await createTestPlace('sqlite')
  const look = <T>(work: (file: ReturnType<typeof openFile>) => T): T => {
    const file = openFile(pathOfFileUrl(place.url))
    try {
      return work(file)
    } finally {
      file.close()
    }
  }
  const statistics = () => look((file) => file.prepare('select * from sqlite_stat1').all())
  look((file) => file.exec('analyze'))
  expect(statistics()).not.toEqual([])
  const database = await open(place.url)
  expect(statistics()).toEqual([])
  await database.tx((tx) =>
    tx
      .insert(database.tables.streams)
      .values({ name: 'm:one' })
      .then(() => {}),
  )
  await database.close()
  expect(statistics()).toEqual([])
})

test('[DB23] a second server on one SQLite file is refused by name, also through another path to it', async () => {
  await using place = await createTestPlace('sqlite')
  const first = await open(place.url)
  const file = pathOfFileUrl(place.url)
  const link = join(dirname(file), 'link.db')
  symlinkSync(file, link)
  for (const url of [
    place.url,
    `file:${link}`,
    `file:${dirname(file)}/../${file.split('/').at(-2)}/tidings.db`,
  ]) {
    const second = open(url)
    await expect(second).rejects.toBeInstanceOf(DatabaseOpenError)
    await expect(second).rejects.toMatchObject({
      code: 'IN_USE',
      message: expect.stringContaining('another Tidings'),
    })
  }
  await first.close()
  const next = await open(place.url)
  await next.close()
})

test('[DB23] a server killed with -9 frees the file at once, and everything that it had acknowledged is there', async () => {
  await using place = await createTestPlace('sqlite')
  const server = await startServer(place.url)
  await expect(open(place.url)).rejects.toMatchObject({ code: 'IN_USE' })
  const acknowledged = await server.kill()
  expect(acknowledged.length).toBeGreaterThan(0)
  const database = await open(place.url)
  const stored = await namesOf(database)
  expect(stored.slice(0, acknowledged.length)).toEqual(acknowledged)
  // At most the one that was under way.
  expect(stored.length).toBeLessThanOrEqual(acknowledged.length + 1)
  await database.close()
})

test('[DB23] a database that could not be opened is not left in use', async () => {
  await using place = await createTestPlace('sqlite')
  const first = await open(place.url)
  await first.close()
  const connection = openFile(pathOfFileUrl(place.url))
  connection.exec('insert into migrations values (9999999999999, 1)')
  await expect(open(place.url)).rejects.toMatchObject({ code: 'NEWER_VERSION' })
  connection.exec('delete from migrations where made_at = 9999999999999')
  connection.close()
  const again = await open(place.url)
  await again.close()
})

test('[DB31] the log is copied by a commit that nobody in a hurry waits for, once in 5 ms from 4,000 pages on, and by any from 8,000 on', async () => {
  await using place = await createTestPlace('sqlite')
  let now = 1000
  const database = await openDatabase({ url: place.url, clock: { now: () => now } })
  const file = pathOfFileUrl(place.url)
  const { events } = database.tables
  let seq = 0
  const write = (body: object, options?: TxOptions) =>
    database.tx(async (tx) => {
      seq += 1
      await tx.insert(events).values({ streamKey: 1, seq, ts: 1, type: 20, tag: 1, body })
    }, options)
  /** About a hundred pages each, so that each takes as many of the log as of the database. */
  const writeMany = async (count: number) => {
    for (let index = 0; index < count; index += 1) await write({ text: 'x'.repeat(400_000) })
  }
  /** A few pages each. */
  const writeQuietly = async (count: number) => {
    for (let index = 0; index < count; index += 1) await write({}, { priority: 'low' })
  }
  const pages = () => Math.floor(statSync(file).size / 4096)
  const empty = pages()
  await writeMany(36)
  await writeQuietly(1)
  expect(pages()).toBe(empty)
  now = 1004
  await writeMany(5)
  await writeQuietly(2)
  expect(pages()).toBe(empty)
  now = 1005
  await writeMany(1)
  expect(pages()).toBe(empty)
  await writeQuietly(1)
  const first = pages()
  expect(first - empty).toBeGreaterThan(4000)
  now = 1009
  await writeMany(42)
  await writeQuietly(1)
  expect(pages()).toBe(first)
  // Set back.
  now = 900
  await writeQuietly(1)
  const copied = pages()
  expect(copied - first).toBeGreaterThan(4000)
  // The log begins anew.
  await writeMany(75)
  expect(pages()).toBe(copied)
  await writeMany(10)
  expect(pages() - copied).toBeGreaterThan(7500)
  await database.close()
})

test('[DB24] a full disk: STORAGE_FULL, nothing half written, reads go on; with room again everything does', async () => {
  await using place = await createTestPlace('sqlite')
  const small = await open(place.url, { maxPages: 200 })
  const { streams, events } = small.tables
  const body = { text: 'x'.repeat(8000) }
  const append = (database: Database, seq: number) =>
    database.tx(async (tx) => {
      await tx.insert(streams).values({ name: `m:${seq}` })
      await tx.insert(events).values({ streamKey: 1, seq, ts: 1, type: 20, tag: 1, body })
    })
  const codes: unknown[] = []
  for (let seq = 1; seq <= 120; seq += 1) codes.push(await codeOf(append(small, seq)))
  const stored = codes.filter((code) => code === 'no error').length
  expect(new Set(codes)).toEqual(new Set(['no error', 'STORAGE_FULL']))
  expect(await small.read.$count(streams)).toBe(stored)
  expect(await small.read.$count(events)).toBe(stored)
  await small.close()
  const large = await open(place.url)
  await append(large, 1000)
  expect(await large.read.$count(events)).toBe(stored + 1)
  await large.close()
})

test('[DB27] of transactions that share a commit one that fills the disk fails alone, in the middle too', async () => {
  await using place = await createTestPlace('sqlite')
  const small = await open(place.url, { maxPages: 200 })
  const { streams, events } = small.tables
  await small.tx((tx) => tx.insert(streams).values({ name: 'm:1' }))
  const append = (seq: number, length: number) =>
    small.tx(async (tx) => {
      const body = { text: 'x'.repeat(length) }
      await tx.insert(events).values({ streamKey: 1, seq, ts: 1, type: 20, tag: 1, body })
    })
  const sizes = Array.from({ length: 30 }, (_, seq) => (seq % 10 === 7 ? 500_000 : 10))
  const codes = await Promise.all(sizes.map((length, seq) => codeOf(append(seq + 1, length))))
  expect(codes).toEqual(sizes.map((length) => (length > 10 ? 'STORAGE_FULL' : 'no error')))
  expect(await small.read.$count(events)).toBe(27)
  await small.close()
})

test('[DB27] transactions that wait at the same time are forced to the disk once, and answered after it', async () => {
  await using database = await openTestDatabase('sqlite')
  const { streams } = database.tables
  const seen: string[] = []
  const add = async (number: number): Promise<void> => {
    await database.tx(async (tx) => {
      database.after(tx, () => seen.push(`after ${number}`))
      await tx.insert(streams).values({ name: `m:${number}` })
      // Another connection sees what is committed: while the last one works, nothing is.
      seen.push(`${await database.read.$count(streams)} stored`)
    })
  }
  await Promise.all([add(1), add(2), add(3)])
  expect(seen).toEqual(['0 stored', '0 stored', '0 stored', 'after 1', 'after 2', 'after 3'])
  expect(await database.read.$count(streams)).toBe(3)
})

test('[DB27] who fails because of what another has just stored is told once that can be seen', async () => {
  await using database = await openTestDatabase('sqlite')
  const { streams } = database.tables
  const add = () => database.tx((tx) => tx.insert(streams).values({ name: 'm:1' }))
  const seen = Array.from({ length: 10 }, () =>
    add().then(
      () => 1,
      () => database.read.$count(streams),
    ),
  )
  expect(await Promise.all(seen)).toEqual(Array.from({ length: 10 }, () => 1))
})

test(
  '[DB26] databases that come and go by the dozen do the process no harm',
  { timeout: 240_000 },
  async () => {
    for (let round = 0; round < 40; round += 1) {
      await using database = await openTestDatabase('sqlite')
      const { streams } = database.tables
      // Collections between microtasks are what Node 24 does not bear.
      const counted = Array.from({ length: 40 }, async (_, number) => {
        const names = Array.from({ length: number + 1 }, (_value, at) => ({
          name: `${number} ${at}`,
        }))
        await database.tx((tx) => tx.insert(streams).values(names).returning())
        return Promise.all(names.map(async ({ name }) => name.length))
      })
      expect((await Promise.all(counted)).flat()).toHaveLength(820)
    }
  },
)

test('[DB25] the files may be read by their owner only', async () => {
  await using database = await openTestDatabase('sqlite')
  await database.tx((tx) => tx.insert(database.tables.streams).values({ name: 'm:1' }).returning())
  const file = pathOfFileUrl(database.url)
  const modes = [file, `${file}-wal`, `${file}-shm`, `${file}.lock`].map(
    (path) => statSync(path).mode & 0o777,
  )
  expect(modes).toEqual([0o600, 0o600, 0o600, 0o600])
})

test('[DB25] every commit is on the disk before it is acknowledged: WAL with full synchronisation', async () => {
  await using place = await createTestPlace('sqlite')
  const connection = openConnection(pathOfFileUrl(place.url), { readonly: false })
  const settings = ['journal_mode', 'synchronous', 'foreign_keys'].map((name) =>
    connection.prepare(`pragma ${name}`).pluck().get(),
  )
  connection.close()
  // 2 is FULL.
  expect(settings).toEqual(['wal', 2, 1])
})

test('[DB25] a folder that is not there is made; an address that is neither is refused', async () => {
  await using place = await createTestPlace('sqlite')
  const file = join(dirname(pathOfFileUrl(place.url)), 'deep', 'er', 'tidings.db')
  const database = await open(`file:${file}`)
  expect(existsSync(file)).toBe(true)
  await database.close()
  for (const url of ['', 'file:', 'file::memory:', 'mysql://somewhere', './tidings.db']) {
    await expect(open(url)).rejects.toMatchObject({ code: 'BAD_URL' })
  }
})

describeEngines('an opened database', (engine) => {
  test('[DB21] a database of a newer version is refused with a clear line', async () => {
    await using place = await createTestPlace(engine)
    const database = await openDatabase({ url: place.url, clock: systemClock })
    await database.close()
    await insertMigration(place.url)
    const opened = openDatabase({ url: place.url, clock: systemClock })
    await expect(opened).rejects.toMatchObject({
      name: 'DatabaseOpenError',
      code: 'NEWER_VERSION',
      message: expect.stringContaining('newer version of Tidings'),
    })
  })
})

async function insertMigration(url: string): Promise<void> {
  if (url.startsWith('file:')) {
    const connection = openFile(pathOfFileUrl(url))
    connection.exec('insert into migrations values (9999999999999, 1)')
    connection.close()
    return
  }
  const { default: postgres } = await import('postgres')
  const client = postgres(url, { max: 1 })
  await client`insert into migrations values (9999999999999, 1)`
  await client.end()
}
