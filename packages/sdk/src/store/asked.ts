import { isTidingsError } from '@tidings/protocol/wire'
import type { Subjects } from '../subjects.ts'

/** Something that only the server knows. */
export interface AskedOptions<T> {
  readonly subjects: Subjects
  readonly subject: string
  readonly ask: () => Promise<T>
}

/**
 * What the server answers, at hand while somebody looks: asked for by the first who does, and again whenever something
 * has happened that may have changed it. Until it is answered, and without a network, it is what it was.
 */
export class Asked<T> {
  value: T | undefined
  readonly #options: AskedOptions<T>
  #watching = 0
  #asking = false
  #again = false
  /** An answer of an era that is over is another user's. */
  #era = 0

  constructor(options: AskedOptions<T>) {
    this.#options = options
  }

  /** Somebody looks, until the answer is called. */
  watch(): () => void {
    this.#watching += 1
    if (this.#watching === 1) this.refresh()
    return () => {
      this.#watching -= 1
    }
  }

  /** It may have changed. */
  refresh(): void {
    if (this.#watching === 0) return
    this.#again = this.#asking
    if (!this.#asking) void this.#ask()
  }

  /** Nobody, or somebody else, is signed in. */
  forget(): void {
    this.#era += 1
    this.#set(undefined)
  }

  async #ask(): Promise<void> {
    const { ask, subjects } = this.#options
    this.#asking = true
    const era = this.#era
    try {
      const value = await ask()
      if (era === this.#era) this.#set(value)
    } catch (error) {
      // Asked again with the next connection, or by whoever looks next.
      const isGone = isTidingsError(error) && error.code === 'NOT_FOUND'
      if (isGone && era === this.#era) this.#set(undefined)
    }
    this.#asking = false
    subjects.flush()
    if (this.#isOld()) this.refresh()
  }

  /** Asked anew after each wait. */
  #isOld(): boolean {
    return this.#again
  }

  #set(value: T | undefined): void {
    this.value = value
    this.#options.subjects.touch(this.#options.subject)
  }
}

/** All pages of a list. */
export async function allPages<Item>(
  page: (
    cursor: string | undefined,
  ) => Promise<{ readonly items: Item[]; readonly next: string | null }>,
): Promise<readonly Item[]> {
  const items: Item[] = []
  let cursor: string | undefined
  do {
    const { items: more, next } = await page(cursor)
    items.push(...more)
    cursor = next ?? undefined
  } while (cursor !== undefined)
  return items
}
