import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { StoredRow } from '../../src/storage.ts'
import { scratchFolder } from '../../../server/test/support/scratch.ts'
import { fileStorage } from '../../src/storage/file.ts'
import { sqliteStorage } from '../../src/storage/sqlite.ts'
import { chanceOf, seedOfRun } from '../e2e/support/random.ts'

const folder = mkdtempSync(join(scratchFolder(), 'tidings-file-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ALL = { from: '', to: '~' }

async function rowsOf(path: string): Promise<readonly StoredRow[]> {
  const storage = fileStorage(path)
  try {
    return await storage.read(ALL)
  } finally {
    await storage.close?.()
  }
}

/** A file of ten writes, each of two rows, and how long it was after each. */
async function writeTen(path: string): Promise<readonly number[]> {
  const storage = fileStorage(path)
  await storage.read(ALL)
  const lengths = [statSync(path).size]
  for (let batch = 1; batch <= 10; batch += 1) {
    await storage.write([
      { kind: 'put', key: 'last', value: batch },
      { kind: 'put', key: `row/${batch}`, value: 'é\n'.repeat(batch * 5) },
    ])
    lengths.push(statSync(path).size)
  }
  await storage.close?.()
  return lengths
}

const lastOf = (rows: readonly StoredRow[]) => rows.find(({ key }) => key === 'last')?.value ?? 0

test('[KEP4] a log that was cut anywhere is what it was after the last whole write, and goes on from there', async () => {
  const path = join(folder, 'cut')
  const lengths = await writeTen(path)
  const whole = readFileSync(path)
  const chance = chanceOf(seedOfRun())
  const cuts = [
    0,
    1,
    ...lengths,
    ...Array.from({ length: 60 }, () => chance.between(0, whole.length)),
  ]
  for (const cut of cuts) {
    writeFileSync(path, whole.subarray(0, cut))
    const expected = Math.max(0, lengths.filter((length) => length <= cut).length - 1)
    const rows = await rowsOf(path)
    expect({ cut, last: lastOf(rows), rows: rows.length }).toEqual({
      ...{ cut, last: expected },
      rows: expected === 0 ? 0 : expected + 1,
    })
    const storage = fileStorage(path)
    await storage.write([{ kind: 'put', key: 'last', value: 'new' }])
    await storage.close?.()
    expect(lastOf(await rowsOf(path))).toBe('new')
  }
  expect(existsSync(`${path}.damaged`)).toBe(false)
})

test('[KEP4] damage in the middle is no crash: what stands before it is used, and the damaged file is kept', async () => {
  const path = join(folder, 'damaged')
  const lengths = await writeTen(path)
  const bytes = readFileSync(path)
  const place = (lengths[4] ?? 0) + 20
  bytes[place] = (bytes[place] ?? 0) ^ 1
  writeFileSync(path, bytes)
  expect(lastOf(await rowsOf(path))).toBe(4)
  expect(readFileSync(`${path}.damaged`)).toEqual(bytes)
})

test('[KEP4] a log that is mostly history is written anew', async () => {
  const path = join(folder, 'long')
  const storage = fileStorage(path)
  const text = 'x'.repeat(10_000)
  for (let batch = 0; batch < 300; batch += 1)
    await storage.write([{ kind: 'put', key: `row/${batch % 10}`, value: { batch, text } }])
  await storage.close?.()
  // 3 MB were written, 100 kB are of use.
  expect(statSync(path).size).toBeLessThan(1_500_000)
  const rows = await rowsOf(path)
  expect(rows.map(({ value }) => value)).toEqual(
    Array.from({ length: 10 }, (_, place) => ({ batch: 290 + place, text })),
  )
})

test('[KEP5] two paths to one file meet in one lock; a lock whose process is gone, or whose number another has now, is taken over', async () => {
  const path = join(folder, 'locked')
  const storage = fileStorage(path)
  await storage.write([{ kind: 'put', key: 'a', value: 1 }])
  symlinkSync(path, `${path}.link`)
  await expect(rowsOf(`${path}.link`)).rejects.toMatchObject({
    ...{ code: 'UNAVAILABLE', retryable: true },
    message: expect.stringContaining('in use'),
  })
  const lock = readFileSync(`${path}.lock`, 'utf8')
  await storage.close?.()
  expect(existsSync(`${path}.lock`)).toBe(false)
  const reused = lock.replace(/"began":"\d+"/, '"began":"1"')
  const gone = lock.replace(/"pid":\d+/, '"pid":99999999')
  for (const stale of ['', 'nonsense', gone, ...(reused === lock ? [] : [reused])]) {
    writeFileSync(`${path}.lock`, stale)
    expect(await rowsOf(path)).toEqual([{ key: 'a', value: 1 }])
  }
})

test('[KEP6] what is no client file is left alone', async () => {
  const path = join(folder, 'foreign')
  const text = `${'-'.repeat(5_000)}\n`.repeat(3)
  writeFileSync(path, text)
  await expect(rowsOf(path)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(sqliteStorage(path).read(ALL)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  expect(readFileSync(path, 'utf8')).toBe(text)
  const newer = join(folder, 'newer')
  await rowsOf(newer)
  // With the checksum of what it then says.
  writeFileSync(newer, 'bba106ef {"tidings":"client","version":2}\n')
  await expect(rowsOf(newer)).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION' })
})

test('[KEP6] a place that cannot be used says so, and is tried again at the next call', async () => {
  const path = join(folder, 'file-in-the-way', 'client')
  writeFileSync(join(folder, 'file-in-the-way'), '')
  const [file, sqlite] = [fileStorage(path), sqliteStorage(`${path}.db`)]
  await expect(file.read(ALL)).rejects.toMatchObject({ code: 'UNAVAILABLE', name: 'TidingsError' })
  await expect(sqlite.read(ALL)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  rmSync(join(folder, 'file-in-the-way'))
  expect(await file.read(ALL)).toEqual([])
  expect(await sqlite.read(ALL)).toEqual([])
  for (const storage of [file, sqlite]) {
    await storage.close?.()
    await expect(storage.write([])).rejects.toMatchObject({ code: 'CLOSED' })
  }
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(`${path}.db`).mode & 0o777).toBe(0o600)
})
