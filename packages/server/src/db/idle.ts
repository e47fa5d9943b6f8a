import { TidingsError } from '@tidings/protocol/wire'
import type { Transaction } from './transaction.ts'

interface Watched {
  readonly transaction: Transaction
  readonly giveUp: (error: TidingsError) => void
  /** Statements that it had run at the last look; undefined before the first. */
  seen: number | undefined
}

/**
 * Gives up on a transaction that waits for something other than its own statements: on SQLite every writer waits with it. One
 * timer looks after whichever is under way; one a transaction would cost as much as a statement.
 */
export class IdleWatch {
  readonly #idleMs: number
  #watched: Watched | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(idleMs: number) {
    this.#idleMs = idleMs
  }

  /**
   * Answers what `work` does. One transaction at a time. Keeps no process alive.
   * @throws TidingsError UNAVAILABLE when it has run no statement for one to two times `idleMs`
   */
  async during<T>(transaction: Transaction, work: Promise<T>): Promise<T> {
    const watched = new Promise<T>((resolve, reject) => {
      this.#watched = { transaction, giveUp: reject, seen: undefined }
      work.then(resolve, reject)
    })
    if (this.#timer === undefined) this.#arm()
    try {
      return await watched
    } finally {
      this.#watched = undefined
    }
  }

  /** Leaves no timer. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#look(), this.#idleMs).unref()
  }

  #look(): void {
    this.#timer = undefined
    const watched = this.#watched
    if (watched === undefined) return
    const { statements } = watched.transaction
    if (watched.seen === statements) {
      const cause = new Error(`a transaction ran no statement for ${this.#idleMs} ms`)
      watched.giveUp(new TidingsError('UNAVAILABLE', undefined, { cause }))
      return
    }
    watched.seen = statements
    this.#arm()
  }
}
