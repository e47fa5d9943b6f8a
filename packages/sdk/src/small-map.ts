/**
 * A map that mostly holds one entry or none, in the order in which they came. V8 gives a `Map` new memory each time its last
 * entry goes, and keeps all of that until a full collection once any of it has grown old; a single entry here takes none.
 */
export class SmallMap<Key, Value> {
  #first: { readonly key: Key; value: Value } | undefined
  /** All but the one that came when there was none. */
  #others: Map<Key, Value> | undefined

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0)
  }

  get(key: Key): Value | undefined {
    return this.#first?.key === key ? this.#first.value : this.#others?.get(key)
  }

  set(key: Key, value: Value): void {
    if (this.#first?.key === key) this.#first.value = value
    else if (this.size === 0) this.#first = { key, value }
    else (this.#others ??= new Map<Key, Value>()).set(key, value)
  }

  delete(key: Key): void {
    if (this.#first?.key === key) this.#first = undefined
    else this.#others?.delete(key)
  }

  clear(): void {
    this.#first = this.#others = undefined
  }

  /** Those of the moment: what is put in or taken out afterwards changes nothing in them. */
  values(): Value[] {
    const first = this.#first
    return [...(first === undefined ? [] : [first.value]), ...(this.#others?.values() ?? [])]
  }
}
