import type { KeyRange, StorageChange, StoredRow } from '../storage.ts'

/**
 * A whole table in memory, in the order of its keys. New keys are sorted in when the next range is read, all at once: a
 * hundred thousand rows in any order take no longer than sorting them.
 */
export class SortedRows {
  readonly #values = new Map<string, unknown>()
  /** Sorted. A key that is gone from `#values` is left out at the next sorting. */
  #keys: string[] = []
  /** Keys that are not in `#keys`, or were gone once: any order, perhaps twice. */
  #added: string[] = []

  get size(): number {
    return this.#values.size
  }

  apply(changes: readonly StorageChange[]): void {
    for (const change of changes) {
      switch (change.kind) {
        case 'put':
          if (!this.#values.has(change.key)) this.#added.push(change.key)
          this.#values.set(change.key, change.value)
          break
        case 'replace':
          if (this.#values.has(change.key)) this.#values.set(change.key, change.value)
          break
        case 'delete':
          this.#values.delete(change.key)
          break
        case 'deleteRange':
          for (const { key } of this.read(change)) this.#values.delete(key)
      }
    }
  }

  read({ from, to, limit = Infinity, reverse = false }: KeyRange): readonly StoredRow[] {
    const keys = this.#sorted()
    const [start, end] = [placeOf(keys, from), placeOf(keys, to)]
    const rows: StoredRow[] = []
    const step = reverse ? -1 : 1
    for (let place = reverse ? end - 1 : start; place >= start && place < end; place += step) {
      if (rows.length >= limit) break
      const key = keys[place]
      if (key !== undefined && this.#values.has(key)) rows.push(this.#row(key))
    }
    return rows
  }

  /** Everything, in order. */
  all(): readonly StoredRow[] {
    return this.#sorted()
      .filter((key) => this.#values.has(key))
      .map((key) => this.#row(key))
  }

  clear(): void {
    this.#values.clear()
    this.#keys = []
    this.#added = []
  }

  #row(key: string): StoredRow {
    return { key, value: this.#values.get(key) }
  }

  #sorted(): readonly string[] {
    if (this.#added.length > 0) {
      const added = this.#added.sort(byCodeUnit)
      this.#keys = merge(this.#keys, added).filter((key) => this.#values.has(key))
      this.#added = []
    }
    return this.#keys
  }
}

/** What `<` means between strings. */
function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** Both are sorted; what is in them more than once comes once. */
function merge(one: readonly string[], other: readonly string[]): string[] {
  const merged: string[] = []
  let [left, right] = [0, 0]
  while (left < one.length || right < other.length) {
    const [first, second] = [one[left], other[right]]
    const isFirst = second === undefined || (first !== undefined && first <= second)
    const key = isFirst ? first : second
    if (isFirst) left += 1
    else right += 1
    if (key !== undefined && merged.at(-1) !== key) merged.push(key)
  }
  return merged
}

/** Where a key stands or would stand. */
function placeOf(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
