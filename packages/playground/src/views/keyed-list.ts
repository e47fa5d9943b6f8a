/** One element of a list, and how it shows what it stands for. */
export interface Row<Item> {
  readonly root: HTMLElement
  show(item: Item): void
  end?(): void
}

/** What a list is made of. */
export interface KeyedListOptions<Item> {
  readonly list: HTMLElement
  readonly keyOf: (item: Item) => string
  readonly make: (item: Item) => Row<Item>
}

/** Keeps one element for each item as long as the item is there, wherever in the list it goes. */
export class KeyedList<Item> {
  readonly rows = new Map<string, Row<Item>>()
  readonly #options: KeyedListOptions<Item>

  constructor(options: KeyedListOptions<Item>) {
    this.#options = options
  }

  show(items: readonly Item[]): void {
    const { list, keyOf, make } = this.#options
    const focused = list.contains(document.activeElement) ? document.activeElement : null
    this.#dropAllBut(new Set(items.map(keyOf)))
    let next = list.firstElementChild
    for (const item of items) {
      const row = this.rows.get(keyOf(item)) ?? make(item)
      this.rows.set(keyOf(item), row)
      row.show(item)
      if (row.root === next) next = next.nextElementSibling
      else list.insertBefore(row.root, next)
    }
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement && focused.isConnected && focused !== document.activeElement)
      focused.focus({ preventScroll: true })
  }

  end(): void {
    this.#dropAllBut(new Set())
  }

  #dropAllBut(kept: ReadonlySet<string>): void {
    for (const [key, row] of this.rows) {
      if (kept.has(key)) continue
      this.rows.delete(key)
      row.end?.()
      row.root.remove()
    }
  }
}
