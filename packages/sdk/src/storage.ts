/** One row that a client keeps: plain JSON under an ordered text key. */
export interface StoredRow {
  readonly key: string
  readonly value: unknown
}

/** Rows of neighbouring keys, in the order of their UTF-16 code units. */
export interface KeyRange {
  /** The first key. */
  readonly from: string
  /** The first key that is not in it any more. */
  readonly to: string
  /** At most so many rows. @default all */
  readonly limit?: number | undefined
  /** The last row first. @default false */
  readonly reverse?: boolean | undefined
}

/** One change of what is kept. */
export type StorageChange =
  | { readonly kind: 'put'; readonly key: string; readonly value: unknown }
  /** Puts where there is a row already, and does nothing elsewhere. */
  | { readonly kind: 'replace'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'deleteRange'; readonly from: string; readonly to: string }

/**
 * Where a client keeps what it knows and what it has still to send: one ordered table of rows. One storage serves one
 * client at a time. Writes come one after the other, the next one after the promise of the last.
 *
 * `memoryStorage` is the default. `@tidings/sdk/indexeddb`, `@tidings/sdk/file` and `@tidings/sdk/sqlite` have others.
 */
export interface ClientStorage {
  /** What follows a write that has resolved sees it. */
  read(range: KeyRange): readonly StoredRow[] | Promise<readonly StoredRow[]>
  /** All of it, in this order, or nothing; durable when it returns or resolves. One that fails is made again. */
  write(changes: readonly StorageChange[]): void | Promise<void>
  /** Forgets everything: another user has signed in, or this one has signed out. */
  clear(): void | Promise<void>
  /** The client is closed and will not come back. */
  close?(): void | Promise<void>
}

/** Keeps everything as long as the program runs. */
export function memoryStorage(): ClientStorage {
  const keys: string[] = []
  const values = new Map<string, unknown>()
  const remove = (from: string, to: string): void => {
    const start = placeOf(keys, from)
    for (const key of keys.splice(start, Math.max(0, placeOf(keys, to) - start))) values.delete(key)
  }
  return {
    read({ from, to, limit = Infinity, reverse = false }) {
      const start = placeOf(keys, from)
      const end = Math.max(start, placeOf(keys, to))
      const found = reverse
        ? keys.slice(Math.max(start, end - limit), end).reverse()
        : keys.slice(start, Math.min(end, start + limit))
      return found.map((key) => ({ key, value: values.get(key) }))
    },
    write(changes) {
      for (const change of changes) {
        if (change.kind === 'put') {
          if (!values.has(change.key)) keys.splice(placeOf(keys, change.key), 0, change.key)
          values.set(change.key, change.value)
        } else if (change.kind === 'replace') {
          if (values.has(change.key)) values.set(change.key, change.value)
        } else if (change.kind === 'delete') {
          if (values.delete(change.key)) keys.splice(placeOf(keys, change.key), 1)
        } else remove(change.from, change.to)
      }
    },
    clear() {
      keys.length = 0
      values.clear()
    },
  }
}

/** Where a key stands or would stand. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
