import { isTidingsError, TidingsError } from '@tidings/protocol/wire'
import { sqlStateOf } from '../db/errors.ts'

// Postgres: a deadlock, or a lock that could not be had in time.
const LOCK_FAILURES: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

/** What one item of a batch came to. */
export type Outcome<Result> = { readonly ok: Result } | { readonly error: TidingsError }

/** How a batch is run. */
export interface BatchOptions<Item, Result> {
  /**
   * Commits items in one transaction and answers their outcomes, in order. It takes the items once the transaction has
   * begun, so that what has come in the meantime goes along; taken again, as when the transaction is repeated, they are the
   * same. A throw means: nothing was committed, or nobody knows (UNKNOWN_RETRY).
   */
  readonly commit: (take: () => readonly Item[]) => Promise<readonly Outcome<Result>[]>
  /** Largest number of items of one transaction. */
  readonly maxItems: number
  /**
   * Items of one order stay in it: when one fails in a way that may be repeated, those behind it are refused with
   * UNAVAILABLE, or its repeat would come after them. Left out, items have no order.
   */
  readonly orderOf?: ((item: Item) => string) | undefined
}

type Take<Item> = () => readonly Item[]

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit. Items added before a transaction has begun, as in one turn of the event loop or while the last commit is in
 * flight, share it, in the order in which they were added.
 */
export class Batch<Item, Result> {
  readonly #options: BatchOptions<Item, Result>
  #waiting: Waiting<Item, Result>[] = []
  #running: Promise<void> | undefined

  constructor(options: BatchOptions<Item, Result>) {
    this.#options = options
  }

  /** Resolves once the item's transaction is durable. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Waits until nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const broken = await this.#commit(this.#next())
      if (broken.size > 0)
        this.#waiting = this.#waiting.filter((one) => !this.#isBehind(broken, one))
    }
    this.#running = undefined
  }

  #next(): Take<Waiting<Item, Result>> {
    let taken: readonly Waiting<Item, Result>[] | undefined
    return () => (taken ??= this.#waiting.splice(0, this.#options.maxItems))
  }

  /** Answers the orders that broke: an item of theirs failed, and may be repeated. */
  async #commit(take: Take<Waiting<Item, Result>>): Promise<ReadonlySet<string>> {
    try {
      const outcomes = await this.#options.commit(() => take().map(({ item }) => item))
      settle(take(), outcomes)
      return new Set()
    } catch (error) {
      const taken = take()
      // One item that the database cannot take must not fail its neighbours.
      if (taken.length > 1 && !concernsAll(error)) return this.#commitOneByOne(taken)
      for (const { reject } of taken) reject(error)
      return isTidingsError(error) && !error.retryable ? new Set() : this.#ordersOf(taken)
    }
  }

  async #commitOneByOne(taken: readonly Waiting<Item, Result>[]): Promise<ReadonlySet<string>> {
    const broken = new Set<string>()
    for (const one of taken) {
      if (this.#isBehind(broken, one)) continue
      for (const order of await this.#commit(() => [one])) broken.add(order)
    }
    return broken
  }

  #ordersOf(taken: readonly Waiting<Item, Result>[]): ReadonlySet<string> {
    const { orderOf } = this.#options
    return new Set(orderOf === undefined ? [] : taken.map(({ item }) => orderOf(item)))
  }

  /** Refuses an item of a broken order. */
  #isBehind(broken: ReadonlySet<string>, { item, reject }: Waiting<Item, Result>): boolean {
    const order = this.#options.orderOf?.(item)
    if (order === undefined || !broken.has(order)) return false
    reject(new TidingsError('UNAVAILABLE'))
    return true
  }
}

function settle<Item, Result>(
  taken: readonly Waiting<Item, Result>[],
  outcomes: readonly Outcome<Result>[],
): void {
  for (const [index, { resolve, reject }] of taken.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined) reject(new Error('a batch lost an item'))
    else if ('ok' in outcome) resolve(outcome.ok)
    else reject(outcome.error)
  }
}

/**
 * Faults of the database as a whole: trying the items one by one would only add load, or do twice what may be done. A
 * lock that could not be had is one stream's affair.
 */
function concernsAll(error: unknown): boolean {
  return (
    !LOCK_FAILURES.has(sqlStateOf(error) ?? '') &&
    error instanceof TidingsError &&
    (error.code === 'UNAVAILABLE' ||
      error.code === 'UNKNOWN_RETRY' ||
      error.code === 'STORAGE_FULL')
  )
}
