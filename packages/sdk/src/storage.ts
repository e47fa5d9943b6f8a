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
  const rows = new SortedRows()
  return {
    read: (range) => rows.read(range),
    write(changes) {
      for (const change of changes) {
        const { kind } = change
        if (kind === 'put') rows.put(change)
        else if (kind === 'replace') rows.replace(change)
        else if (kind === 'delete') rows.remove(change.key, `${change.key}\u0000`)
        else rows.remove(change.from, change.to)
      }
      rows.settle()
    },
    clear: () => rows.clear(),
  }
}

/** So few are put in their places one by one; more take a copy of all of them. */
const FEW = 16

/** Rows in an array. Those that are put one after the other go in together. */
class SortedRows {
  #rows: StoredRow[] = []
  #fresh: StoredRow[] = []

  read({ from, to, limit = Infinity, reverse = false }: KeyRange): readonly StoredRow[] {
    const rows = this.#rows
    const start = placeOf(rows, from)
    const end = Math.max(start, placeOf(rows, to))
    return reverse
      ? rows.slice(Math.max(start, end - limit), end).reverse()
      : rows.slice(start, Math.min(end, start + limit))
  }

  put({ key, value }: StoredRow): void {
    this.#fresh.push({ key, value })
  }

  replace({ key, value }: StoredRow): void {
    this.settle()
    const rows = this.#rows
    const place = placeOf(rows, key)
    if (rows[place]?.key === key) rows[place] = { key, value }
  }

  remove(from: string, to: string): void {
    this.settle()
    const rows = this.#rows
    const start = placeOf(rows, from)
    rows.splice(start, Math.max(0, placeOf(rows, to) - start))
  }

  clear(): void {
    this.#rows = []
    this.#fresh = []
  }

  /** To be called before anything is read. */
  settle(): void {
    const fresh = this.#fresh
    if (fresh.length === 0) return
    this.#fresh = []
    if (fresh.length > FEW) this.#rows = merged(this.#rows, sorted(fresh))
    else for (const row of fresh) this.#insert(row)
  }

  #insert(row: StoredRow): void {
    const rows = this.#rows
    const place = placeOf(rows, row.key)
    if (place === rows.length || rows[place]?.key === row.key) rows[place] = row
    else rows.splice(place, 0, row)
  }
}

/** Rows in the order of their keys; of several with one key, the last. */
function sorted(rows: readonly StoredRow[]): readonly StoredRow[] {
  const isAscending = rows.every(({ key }, at) => at === 0 || (rows[at - 1]?.key ?? '') < key)
  if (isAscending) return rows
  const inOrder = [...rows].sort((one, other) =>
    one.key === other.key ? 0 : one.key < other.key ? -1 : 1,
  )
  return inOrder.filter(({ key }, at) => key !== inOrder[at + 1]?.key)
}

/** Rows with others among them. What is written at once belongs side by side, for the most part: it goes in at once too. */
function merged(rows: readonly StoredRow[], fresh: readonly StoredRow[]): StoredRow[] {
  const parts: (readonly StoredRow[])[] = []
  let from = 0
  for (let at = 0; at < fresh.length;) {
    const key = fresh[at]?.key ?? ''
    const place = placeOf(rows, key)
    const isKnown = rows[place]?.key === key
    const next = rows[isKnown ? place + 1 : place]?.key
    const end = next === undefined ? fresh.length : placeOf(fresh, next)
    parts.push(rows.slice(from, place), fresh.slice(at, end))
    from = isKnown ? place + 1 : place
    at = end
  }
  return new Array<StoredRow>().concat(...parts, rows.slice(from))
}

/** Where a key stands or would stand. */
function placeOf(rows: readonly StoredRow[], key: string): number {
  let low = 0
  let high = rows.length
  // Nearly always behind all others, as the newest message is.
  if (high === 0 || (rows[high - 1]?.key ?? '') < key) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle]?.key ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
