import type { StorageChange, StoredRow } from '../../src/storage.ts'
import { indexedDbStorage } from '../../src/storage/indexeddb.ts'
import { CONTRACT } from './contract.ts'

// Runs in a page; the test calls it from outside.

const ALL = { from: '', to: '~' }

/** What the test asks of the page. */
export interface IndexedDbPage {
  runCase(place: number): Promise<void>
  /** What happens to a client whose database is deleted in the middle. */
  deleteMeanwhile(): Promise<{
    readonly during: readonly StoredRow[]
    readonly later: readonly StoredRow[]
  }>
  /** The code of the error, or `none`. */
  readWithNewerVersion(): Promise<string>
  readInOpenedByNewer(): Promise<string>
  writeUncloneable(): Promise<{ readonly code: string; readonly rows: readonly StoredRow[] }>
  read(): Promise<string>
  fill(): Promise<{ readonly code: string; readonly kept: boolean }>
}

declare global {
  var page: IndexedDbPage
}

const put = (key: string, value: unknown = key): StorageChange => ({ kind: 'put', key, value })

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'none'
  } catch (thrown) {
    return String(Object(thrown).code)
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(new Error(String(request.error)))
  })
}

globalThis.page = {
  async runCase(place) {
    const name = `case-${place}`
    await CONTRACT[place]?.run({ open: () => indexedDbStorage(name) })
  },
  async deleteMeanwhile() {
    const storage = indexedDbStorage('deleted')
    await storage.write([put('owner', 'ann'), put('mark'), put('message/1'), put('outbox/1')])
    // Resolves only when every connection to it has let go.
    await settled(indexedDB.deleteDatabase('deleted'))
    await storage.write([put('message/2'), put('mark', 'new'), put('outbox/2')])
    await storage.write([put('position/a')])
    const during = await storage.read(ALL)
    await storage.clear()
    await storage.write([put('message/3')])
    await storage.close?.()
    return { during, later: await indexedDbStorage('deleted').read(ALL) }
  },
  async readWithNewerVersion() {
    const storage = indexedDbStorage('newer')
    await storage.write([put('a')])
    const database = await settled(indexedDB.open('newer', 99))
    database.close()
    return codeOf(() => storage.read(ALL))
  },
  readInOpenedByNewer: () => codeOf(() => indexedDbStorage('newer').write([put('b')])),
  async writeUncloneable() {
    const storage = indexedDbStorage('uncloneable')
    await storage.write([put('a')])
    const code = await codeOf(() => storage.write([put('b'), put('c', () => 1), put('d')]))
    return { code, rows: await storage.read(ALL) }
  },
  read: () => codeOf(() => indexedDbStorage('read').read(ALL)),
  async fill() {
    const storage = indexedDbStorage('full')
    await storage.write([put('a')])
    const code = await codeOf(async () => {
      for (let turn = 0; turn < 64; turn += 1)
        await storage.write([put(`big/${turn}`, crypto.getRandomValues(new Uint8Array(65_536)))])
    })
    const [row] = await storage.read({ from: 'a', to: 'b' })
    return { code, kept: row?.value === 'a' }
  },
}
