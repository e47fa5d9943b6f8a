import { hasPassed, type Clock } from '../clock.ts'
import type { Tx, TxOptions } from './database.ts'

/** Transactions that share one commit at most: until it, none of them is answered. */
const MAX_TOGETHER = 32

/** How long those of low priority let those of high priority go first, ms: several commits. */
const GIVES_WAY_MS = 3

/** Somebody's transaction, waiting for its turn. */
export interface Job {
  readonly work: (tx: Tx) => Promise<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly priority: TxOptions['priority']
}

/** What shares the next commit. */
export interface Turn {
  readonly jobs: readonly Job[]
  /** All of them are of low priority: nobody who is in a hurry waits for this commit. */
  readonly isQuiet: boolean
}

/**
 * What waits for the one writer, in the order in which it came, but for one thing: what has high priority overtakes what has
 * low. Of all other pairs neither overtakes the other.
 */
export class WriteQueue {
  readonly #clock: Clock
  readonly #line: Job[] = []
  /** Of low priority; nothing came after them but what may overtake them. */
  #givingWay: Job[] = []
  #givenWaySince = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isEmpty(): boolean {
    return this.#line.length === 0 && this.#givingWay.length === 0
  }

  add(job: Job): void {
    if (job.priority === 'low') {
      if (this.#givingWay.push(job) === 1) this.#givenWaySince = this.#clock.now()
      return
    }
    if (job.priority !== 'high') this.#standInLine()
    this.#line.push(job)
  }

  /** Takes what comes next. */
  next(): Turn {
    if (this.#line.length === 0 || this.#haveWaitedEnough()) this.#standInLine()
    const jobs = this.#line.splice(0, MAX_TOGETHER)
    return { jobs, isQuiet: jobs.every(({ priority }) => priority === 'low') }
  }

  #standInLine(): void {
    if (this.#givingWay.length === 0) return
    this.#line.push(...this.#givingWay)
    this.#givingWay = []
  }

  #haveWaitedEnough(): boolean {
    return hasPassed(this.#clock, this.#givenWaySince, GIVES_WAY_MS)
  }
}
