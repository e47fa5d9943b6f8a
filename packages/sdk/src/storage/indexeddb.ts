import { TidingsError } from '@tidings/protocol/wire'
import type { ClientStorage, KeyRange, StorageChange, StoredRow } from '../storage.ts'
import {
  applyTo,
  clearAll,
  isClosing,
  openDatabase,
  readFrom,
  toIndexedDbError,
} from './indexeddb-requests.ts'

/**
 * Keeps a client's rows in a database of the browser's IndexedDB, `name` within the page's origin. A write is one
 * transaction; when it holds something that the user has said, it is on the disk when it resolves, otherwise the browser
 * may take its time: a loss of power then takes back the newest writes, which the server still has.
 *
 * A database that is deleted while it is open (the user clears the site's data) is made again. What a client knew is gone
 * then, and pieces of it would be worse than nothing: until the page is loaded again only what the user says is kept.
 *
 * Every call rejects with TidingsError: UNAVAILABLE when the browser keeps nothing here (some do so in private windows),
 * STORAGE_FULL when the page's share of the disk is used up, UNSUPPORTED_VERSION when a newer version of the app has been
 * here and this page must be loaded again.
 *
 * @example
 * ```ts
 * const client = createClient({ url, storage: indexedDbStorage('tidings') })
 * ```
 */
export function indexedDbStorage(name: string): ClientStorage {
  return new IndexedDbStorage(name)
}

class IndexedDbStorage implements ClientStorage {
  readonly #name: string
  #opening: Promise<IDBDatabase> | undefined
  #database: IDBDatabase | undefined
  #wasOpen = false
  /** The database was deleted while this client used it. */
  #isLost = false
  /** The row that says whose this is, as last seen: without it what the user says could not be sent later. */
  #owner: unknown
  #isClosed = false

  constructor(name: string) {
    this.#name = name
  }

  async read(range: KeyRange): Promise<readonly StoredRow[]> {
    if (range.from >= range.to || range.limit === 0) return []
    const rows = await this.#run((database) => readFrom(database, range))
    for (const { key, value } of rows) if (key === OWNER) this.#owner = value
    return rows
  }

  async write(changes: readonly StorageChange[]): Promise<void> {
    for (const change of changes)
      if (change.kind === 'put' && change.key === OWNER) this.#owner = change.value
    if (changes.length > 0) await this.#run((database) => this.#write(database, changes))
  }

  clear(): Promise<void> {
    return this.#run(async (database) => {
      await clearAll(database)
      this.#isLost = false
      this.#owner = undefined
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const database = await this.#opening?.catch(() => undefined)
    database?.close()
  }

  async #write(database: IDBDatabase, changes: readonly StorageChange[]): Promise<void> {
    const kept = this.#isLost ? standingAlone(changes, this.#owner) : changes
    if (kept.length === 0) return
    await applyTo(database, kept, kept.some(isSaid) ? 'strict' : 'relaxed')
  }

  async #run<T>(work: (database: IDBDatabase) => Promise<T>): Promise<T> {
    try {
      const database = await this.#open()
      try {
        return await work(database)
      } catch (thrown) {
        // Closed under our hands: deleted, or taken from us by another tab. All that is done in here may be done twice.
        if (this.#database === database && !isClosing(thrown)) throw thrown
        this.#forget(database)
        return await work(await this.#open())
      }
    } catch (thrown) {
      throw toIndexedDbError(thrown)
    }
  }

  #open(): Promise<IDBDatabase> {
    if (this.#isClosed) return Promise.reject(new TidingsError('CLOSED'))
    this.#opening ??= this.#openNow().catch((thrown: unknown) => {
      this.#opening = undefined
      throw thrown
    })
    return this.#opening
  }

  async #openNow(): Promise<IDBDatabase> {
    const { database, isNew } = await openDatabase(this.#name)
    // Another tab deletes it or brings a newer version: who does not let go blocks that tab for ever.
    database.onversionchange = () => this.#forget(database)
    database.onclose = () => this.#forget(database)
    if (isNew && this.#wasOpen) this.#isLost = true
    this.#wasOpen = true
    this.#database = database
    return database
  }

  #forget(database: IDBDatabase): void {
    database.close()
    if (this.#database !== database) return
    this.#database = undefined
    this.#opening = undefined
  }
}

const OWNER = 'owner'
const SAID = 'outbox/'

/** The user has said it and the server does not have it. */
function isSaid(change: StorageChange): boolean {
  return change.kind === 'put' && change.key.startsWith(SAID)
}

/** What is of use without everything else. */
function standingAlone(changes: readonly StorageChange[], owner: unknown): StorageChange[] {
  const kept = changes.filter(
    (change) => change.kind !== 'deleteRange' && (change.key === OWNER || isOutbox(change.key)),
  )
  const isOwned = kept.length > 0 && owner !== undefined
  return isOwned ? [{ kind: 'put', key: OWNER, value: owner }, ...kept] : kept
}

function isOutbox(key: string): boolean {
  return key.startsWith(SAID)
}
