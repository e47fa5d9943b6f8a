import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, test } from 'vitest'
import { scratchFolder } from '../../../server/test/support/scratch.ts'
import { memoryStorage } from '../../src/storage.ts'
import { fileStorage } from '../../src/storage/file.ts'
import { sqliteStorage } from '../../src/storage/sqlite.ts'
import { CONTRACT, type StoragePlace } from './contract.ts'

const folder = mkdtempSync(join(scratchFolder(), 'tidings-storage-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let places = 0
const newPath = (): string => join(folder, `${(places += 1)}`, 'client.tidings')

const KINDS: Readonly<Record<string, () => StoragePlace>> = {
  memory: () => ({ open: memoryStorage, isVolatile: true }),
  file() {
    const path = newPath()
    return { open: () => fileStorage(path) }
  },
  sqlite() {
    const path = newPath()
    return { open: () => sqliteStorage(path) }
  },
}

describe.each(Object.entries(KINDS))('%s', (_name, newPlace) => {
  for (const { title, run } of CONTRACT) {
    const place = newPlace()
    if (place.isVolatile === true && run.name === 'reopened') continue
    // oxlint-disable-next-line vitest/expect-expect -- the case throws
    test(title, () => run(place))
  }
})
