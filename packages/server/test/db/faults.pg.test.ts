import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { eq, sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Database } from '../../src/db/database.ts'
import { DatabaseOpenError } from '../../src/db/errors.ts'
import { openDatabase, type OpenOptions } from '../../src/db/open.ts'
import { codeOf, namesOf } from '../support/database-steps.ts'
import { createTestPlace } from '../support/databases.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

interface Wired extends AsyncDisposable {
  readonly database: Database
  /** Its address, through the proxy. */
  readonly near: string
  /** As another node has it, which does not go through the proxy. */
  readonly outside: Database
  readonly proxy: TcpProxy
  /** Streams as somebody sees them who does not go through the proxy. */
  names(): Promise<string[]>
}

/** A database behind a wire that can fail. */
async function openWired(
  postgres: OpenOptions['postgres'] = {},
  beyond: OpenOptions['postgres'] = {},
): Promise<Wired> {
  const place = await createTestPlace('postgres')
  const address = new URL(place.url)
  const proxy = await openTcpProxy(Number(address.port))
  const near = Object.assign(new URL(place.url), { port: String(proxy.port) }).href
  const database = await openDatabase({
    url: near,
    clock: systemClock,
    postgres: { writers: 2, readers: 1, ...postgres },
  })
  const outside = await openDatabase({
    url: place.url,
    clock: systemClock,
    postgres: { writers: 1, readers: 1, ...beyond },
  })
  return {
    database,
    near,
    outside,
    proxy,
    names: () => namesOf(outside),
    async [Symbol.asyncDispose]() {
      proxy.stall(false)
      proxy.cut()
      await database.close()
      await outside.close()
      await proxy[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

const insert = (database: Database, name: string) =>
  database.tx(async (tx) => {
    await tx.insert(database.tables.streams).values({ name })
  })

const isCommit = (chunk: Buffer) => chunk.includes('commit\0')

test('[DB17] a connection lost while the commit is on its way: the outcome is unknown, and it had been committed', async () => {
  await using wired = await openWired()
  const { database, proxy } = wired
  let isCommitting = false
  proxy.onRequest((chunk) => {
    isCommitting ||= isCommit(chunk)
    return 'pass'
  })
  proxy.onAnswer(() => {
    if (!isCommitting) return 'pass'
    proxy.cut()
    return 'drop'
  })
  const after = vi.fn<() => void>()
  const work = database.tx(async (tx) => {
    database.after(tx, after)
    await tx.insert(database.tables.streams).values({ name: 'u:ann' })
  })
  expect(await codeOf(work)).toBe('UNKNOWN_RETRY')
  expect(after).not.toHaveBeenCalled()
  expect(await wired.names()).toEqual(['u:ann'])
})

test('[DB17] the same when the commit never arrived: the answer is the same, nothing is stored', async () => {
  await using wired = await openWired()
  wired.proxy.onRequest((chunk) => {
    if (!isCommit(chunk)) return 'pass'
    wired.proxy.cut()
    return 'drop'
  })
  expect(await codeOf(insert(wired.database, 'u:ann'))).toBe('UNKNOWN_RETRY')
  expect(await wired.names()).toEqual([])
})

test('[DB17] a commit that is never answered is given up as unknown', async () => {
  await using wired = await openWired({ answerMs: 1_000 })
  wired.proxy.onRequest((chunk) => {
    if (!isCommit(chunk)) return 'pass'
    wired.proxy.stall(true)
    return 'drop'
  })
  expect(await codeOf(insert(wired.database, 'u:ann'))).toBe('UNKNOWN_RETRY')
})

test('[DB17] a connection lost before the commit: UNAVAILABLE, nothing is stored, and the next call succeeds', async () => {
  await using wired = await openWired()
  const { database, proxy } = wired
  const work = database.tx(async (tx) => {
    await tx.insert(database.tables.streams).values({ name: 'u:ann' })
    proxy.cut()
    await tx.insert(database.tables.streams).values({ name: 'u:bob' })
  })
  expect(await codeOf(work)).toBe('UNAVAILABLE')
  expect(await wired.names()).toEqual([])
  await insert(database, 'u:cat')
  expect(await wired.names()).toEqual(['u:cat'])
})

test('[DB17] a connection lost while nothing is under way is noticed, also by work that only waits', async () => {
  await using wired = await openWired()
  const { database, proxy } = wired
  const work = database.tx(async (tx) => {
    await tx.insert(database.tables.streams).values({ name: 'u:ann' })
    proxy.cut()
    await new Promise(() => {})
  })
  expect(await codeOf(work)).toBe('UNAVAILABLE')
  await insert(database, 'u:bob')
  expect(await wired.names()).toEqual(['u:bob'])
})

test('[DB17] nothing is sent on a connection made anew for a transaction that lost its own', async () => {
  await using wired = await openWired()
  const { database, proxy } = wired
  const seen: string[] = []
  const work = database.tx(async (tx) => {
    proxy.cut()
    proxy.onRequest((chunk) => {
      seen.push(chunk.toString('latin1'))
      return 'pass'
    })
    const insertOne = (name: string) => tx.insert(database.tables.streams).values({ name })
    await Promise.allSettled([insertOne('u:ann'), insertOne('u:bob'), insertOne('u:cat')])
  })
  expect(await codeOf(work)).toBe('UNAVAILABLE')
  expect(seen).toEqual([])
  expect(await wired.names()).toEqual([])
})

test('[DB18] a server that is down: UNAVAILABLE at once for reads and writes, and all is well when it is back', async () => {
  await using wired = await openWired()
  const { database, proxy } = wired
  await insert(database, 'u:ann')
  proxy.refuse(true)
  proxy.cut()
  const { streams } = database.tables
  const read = async () => await database.read.select({ name: streams.name }).from(streams)
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect(await codeOf(insert(database, 'u:bob'))).toBe('UNAVAILABLE')
    expect(await codeOf(read())).toBe('UNAVAILABLE')
    expect(await codeOf(database.now())).toBe('UNAVAILABLE')
  }
  proxy.refuse(false)
  await insert(database, 'u:cat')
  expect(await read()).toEqual([{ name: 'u:ann' }, { name: 'u:cat' }])
  // No connection was made behind our back by those that failed.
  expect(proxy.connections()).toBeLessThanOrEqual(3)
})

test('[DB18] a server that has gone silent is given up, with what waited for it', async () => {
  await using wired = await openWired({ answerMs: 1_000 })
  const { database, proxy } = wired
  await insert(database, 'u:ann')
  proxy.stall(true)
  const { streams } = database.tables
  const read = async () => await database.read.select().from(streams)
  expect(await Promise.all([codeOf(insert(database, 'u:bob')), codeOf(read())])).toEqual([
    'UNAVAILABLE',
    'UNAVAILABLE',
  ])
  proxy.stall(false)
  await insert(database, 'u:cat')
  expect(await wired.names()).toEqual(['u:ann', 'u:cat'])
})

test('[DB18] a server that goes silent while a connection to it is being opened is given up, and keeps nothing open', async () => {
  await using wired = await openWired({ answerMs: 1_000 })
  const { database, proxy } = wired
  const isFirst = (chunk: Buffer) => chunk.includes('select 1\0')
  proxy.onRequest((chunk) => (isFirst(chunk) ? 'drop' : 'pass'))
  const { streams } = database.tables
  const read = async () => await database.read.select().from(streams)
  expect(await codeOf(read())).toBe('UNAVAILABLE')
  proxy.onRequest(() => 'pass')
  // The only connection for reads.
  expect(await read()).toEqual([])
  expect(proxy.connections()).toBeLessThanOrEqual(2)
})

test('[DB18] whoever accepts a connection in place of Postgres and ends it is tried once, and the call told at once', async () => {
  let dialled = 0
  const front = createServer((socket) => {
    dialled += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(front, 'listening')
  const { port } = front.address() as AddressInfo
  const url = `postgres://ann:secret@127.0.0.1:${port}/tidings`
  const opened = openDatabase({ url, clock: systemClock })
  await expect(opened).rejects.toThrow(DatabaseOpenError)
  expect(dialled).toBe(1)
  front.close()
})

test('[DB18] of connections that have died without a word while nothing was under way one call finds out: the next one succeeds', async () => {
  await using wired = await openWired({ answerMs: 1_000, writers: 4, readers: 2 })
  const { database, proxy } = wired
  const { streams } = database.tables
  const read = async () => await database.read.select({ name: streams.name }).from(streams)
  // All of them are open, and idle from then on.
  let begun = 0
  const write = (name: string) =>
    database.tx(async (tx) => {
      await tx.insert(streams).values({ name })
      begun += 1
      await vi.waitUntil(() => begun === 4)
    })
  await Promise.all([...['u:1', 'u:2', 'u:3', 'u:4'].map(write), read(), read()])
  proxy.halfOpen()
  expect(await codeOf(insert(database, 'u:ann'))).toBe('UNAVAILABLE')
  await insert(database, 'u:bob')
  expect(await read()).toContainEqual({ name: 'u:bob' })
})

test('[DB19] what a node has locked that fell silent in the middle of a statement others can lock soon', async () => {
  await using wired = await openWired({ answerMs: 1_000 }, { lockMs: 200, idleMs: 300 })
  const { database, outside, proxy } = wired
  const { streams } = database.tables
  await insert(database, 'u:ann')
  const floor = (on: Database, to: number) =>
    on.tx(async (tx) => {
      const all = await on.forUpdate(tx.select({ key: streams.key }).from(streams))
      // Postgres has the text, and waits for its parameters.
      if (on === database) proxy.onAnswer(() => (proxy.halfOpen(), 'drop'))
      for (const { key } of all)
        await tx.update(streams).set({ floor: to }).where(eq(streams.key, key))
    })
  expect(await codeOf(floor(database, 1))).toBe('UNAVAILABLE')
  await floor(outside, 2)
  expect(await outside.read.select({ floor: streams.floor }).from(streams)).toEqual([{ floor: 2 }])
})

test('[DB18] a server that ends the session is as good as a lost connection', async () => {
  await using wired = await openWired()
  const { database } = wired
  const work = database.tx(async (tx) => {
    await tx.insert(database.tables.streams).values({ name: 'u:ann' })
    await tx
      .select({ x: sql`pg_terminate_backend(pg_backend_pid())` })
      .from(sql`(values (1)) as one`)
  })
  expect(await codeOf(work)).toBe('UNAVAILABLE')
  expect(await wired.names()).toEqual([])
})

test('[DB21] a node that finds the schema as it should be waits for no other one', async () => {
  await using wired = await openWired()
  wired.proxy.onRequest((chunk) => (chunk.includes('pg_advisory') ? 'drop' : 'pass'))
  const another = await openDatabase({ url: wired.near, clock: systemClock })
  expect(await namesOf(another)).toEqual([])
  await another.close()
})

test('[DB18] a database that cannot be reached when the server starts is told as such', async () => {
  const place = await createTestPlace('postgres')
  const proxy = await openTcpProxy(1)
  const url = Object.assign(new URL(place.url), { port: String(proxy.port) }).href
  await proxy[Symbol.asyncDispose]()
  const opened = openDatabase({ url, clock: systemClock })
  await expect(opened).rejects.toBeInstanceOf(DatabaseOpenError)
  await expect(opened).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(/DATABASE_URL/),
  })
  await place[Symbol.asyncDispose]()
})
