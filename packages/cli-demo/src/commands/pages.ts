/** A page of a list, and where the next one begins. */
interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

/** Everything in a list, which is asked for page by page as it is used. */
export async function* everyItem<Item>(
  ask: (cursor: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item> {
  let cursor: string | undefined
  do {
    const { items, next } = await ask(cursor)
    yield* items
    cursor = next ?? undefined
  } while (cursor !== undefined)
}

/** The first so many; no page is asked for after them. */
export async function* firstOf<Item>(
  items: AsyncIterable<Item>,
  count: number,
): AsyncGenerator<Item> {
  let left = count
  for await (const item of items) {
    yield item
    left -= 1
    if (left <= 0) return
  }
}
