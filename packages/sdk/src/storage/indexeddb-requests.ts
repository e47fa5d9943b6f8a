import { isTidingsError, TidingsError, type ErrorCode } from '@tidings/protocol/wire'
import type { KeyRange, StorageChange, StoredRow } from '../storage.ts'

/** The one table: values under keys that stand outside of them. */
const STORE = 'rows'

const VERSION = 1

/** Opens the database, or makes it. */
export function openDatabase(
  name: string,
): Promise<{ readonly database: IDBDatabase; readonly isNew: boolean }> {
  return new Promise((resolve, reject) => {
    const platform: { readonly indexedDB?: IDBFactory } = globalThis
    if (platform.indexedDB === undefined) throw new DOMException('no IndexedDB', 'SecurityError')
    const request = platform.indexedDB.open(name, VERSION)
    let isNew = false
    request.onupgradeneeded = ({ oldVersion }) => {
      isNew = oldVersion === 0
      request.result.createObjectStore(STORE)
    }
    request.onsuccess = () => resolve({ database: request.result, isNew })
    request.onerror = () => reject(causeOf(request.error))
    request.onblocked = () => {
      // It may still come, when the other tab lets go; by then somebody has asked again.
      request.onsuccess = () => request.result.close()
      reject(new TidingsError('UNAVAILABLE', `Another tab keeps ${name} from being opened.`))
    }
  })
}

/** The rows of a range. */
export async function readFrom(
  database: IDBDatabase,
  range: KeyRange,
): Promise<readonly StoredRow[]> {
  const store = database.transaction(STORE, 'readonly').objectStore(STORE)
  const { limit, reverse = false } = range
  if (reverse && limit !== undefined) return readBackward(store, range, limit)
  const bounds = boundsOf(range)
  const [keys, values] = await Promise.all([
    answerOf(store.getAllKeys(bounds, limit)),
    answerOf<unknown[]>(store.getAll(bounds, limit)),
  ])
  const rows = keys.map((key, place) => ({ key: toText(key), value: values[place] }))
  return reverse ? rows.reverse() : rows
}

/** `getAll` counts from the front only. */
function readBackward(
  store: IDBObjectStore,
  range: KeyRange,
  limit: number,
): Promise<readonly StoredRow[]> {
  return new Promise((resolve, reject) => {
    const rows: StoredRow[] = []
    const request = store.openCursor(boundsOf(range), 'prev')
    request.onerror = () => reject(causeOf(request.error))
    request.onsuccess = () => {
      const cursor = request.result
      if (cursor !== null) {
        const value: unknown = cursor.value
        rows.push({ key: toText(cursor.key), value })
      }
      if (cursor === null || rows.length >= limit) resolve(rows)
      else cursor.continue()
    }
  })
}

/** All changes in one transaction. */
export async function applyTo(
  database: IDBDatabase,
  changes: readonly StorageChange[],
  durability: IDBTransactionDurability,
): Promise<void> {
  const transaction = database.transaction(STORE, 'readwrite', { durability })
  const store = transaction.objectStore(STORE)
  const done = doneOf(transaction)
  try {
    const present = await presentOf(store, changes)
    for (const change of changes) apply(store, change, present)
  } catch (thrown) {
    // A value that cannot be kept must not leave the others behind.
    transaction.abort()
    done.catch(() => undefined)
    throw thrown
  }
  await done
}

/** Empties the table. */
export async function clearAll(database: IDBDatabase): Promise<void> {
  const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
  transaction.objectStore(STORE).clear()
  await doneOf(transaction)
}

/** Keys of rows that are to be replaced and are there. Asked first: what an answer leads to comes after all the rest. */
async function presentOf(
  store: IDBObjectStore,
  changes: readonly StorageChange[],
): Promise<Set<string>> {
  const keys = changes.flatMap((change) => (change.kind === 'replace' ? [change.key] : []))
  const found = await Promise.all(keys.map((key) => answerOf(store.getKey(key))))
  return new Set(found.filter((key) => key !== undefined).map(toText))
}

/** `present` is kept up to date, so that a change sees those before it. */
function apply(store: IDBObjectStore, change: StorageChange, present: Set<string>): void {
  switch (change.kind) {
    case 'put':
      store.put(change.value, change.key)
      present.add(change.key)
      break
    case 'replace':
      if (present.has(change.key)) store.put(change.value, change.key)
      break
    case 'delete':
      store.delete(change.key)
      present.delete(change.key)
      break
    case 'deleteRange':
      if (change.from < change.to) store.delete(boundsOf(change))
      for (const key of present) if (key >= change.from && key < change.to) present.delete(key)
  }
}

/** Code units order IndexedDB's text keys, as they order ours. */
function boundsOf({ from, to }: { readonly from: string; readonly to: string }): IDBKeyRange {
  return IDBKeyRange.bound(from, to, false, true)
}

/** All keys are text. */
function toText(key: IDBValidKey): string {
  return typeof key === 'string' ? key : ''
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(causeOf(request.error))
  })
}

/** Not when its requests have succeeded: only then is it kept. */
function doneOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(causeOf(transaction.error))
  })
}

/** A transaction that the browser ends with its database names no cause. */
function causeOf(error: DOMException | null): DOMException {
  return error ?? new DOMException('The database was closed.', 'AbortError')
}

/** True when the database was closed in the middle: another connection may succeed. */
export function isClosing(thrown: unknown): boolean {
  return ['InvalidStateError', 'AbortError'].includes(nameOf(thrown))
}

const SENTENCES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  QuotaExceededError: ['STORAGE_FULL', "The page's share of the disk is used up."],
  VersionError: ['UNSUPPORTED_VERSION', 'A newer version has been here: load the page again.'],
  DataCloneError: ['INVALID_INPUT', 'This value cannot be kept: it is no plain JSON.'],
  SecurityError: ['UNAVAILABLE', 'This browser keeps nothing for this page.'],
}

/** What the browser says, as ours. */
export function toIndexedDbError(thrown: unknown): TidingsError {
  if (isTidingsError(thrown)) return thrown
  const [code, sentence] = SENTENCES[nameOf(thrown)] ?? [
    'UNAVAILABLE',
    `What this browser keeps cannot be used: ${String(thrown)}`,
  ]
  return new TidingsError(code, sentence, { cause: thrown })
}

/** Not `instanceof`: an error of another frame is of another class. */
function nameOf(thrown: unknown): string {
  return thrown instanceof Error || thrown instanceof DOMException ? thrown.name : ''
}
