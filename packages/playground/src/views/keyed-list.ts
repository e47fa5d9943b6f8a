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
  /** Called when what had the focus is gone, so that whoever uses the keyboard goes on nearby. */
  readonly whenLost?: (() => void) | undefined
}

/** Keeps one element for each item as long as the item is there, wherever in the list it goes. */
export class KeyedList<Item> {
  readonly rows = new Map<string, Row<Item>>()
  readonly #options: KeyedListOptions<Item>

  constructor(options: KeyedListOptions<Item>) {
    this.#options = options
  }

  show(items: readonly Item[]): void {
    const { list, keyOf, make, whenLost } = this.#options
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
    if (!(focused instanceof HTMLElement) || focused === document.activeElement) return
    // An element that is moved loses the focus.
    if (focused.isConnected) focused.focus({ preventScroll: true })
    else whenLost?.()
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
