import { TidingsError } from '@tidings/protocol/wire'
import type { Tx } from './database.ts'

/**
 * One transaction under way. It is known by the `tx` that it was begun with and by nothing else: carrying it along with the
 * asynchronous context would make every promise of the process dearer, on Node 20 by half of all that the server does.
 */
export class Transaction {
  readonly #after: (() => void)[] = []
  /** Counts statements, so that a transaction where nothing happens any more can be noticed. */
  statements = 0
  /** False as soon as the commit or the rollback begins. */
  isOpen = true
  #failure: { readonly error: unknown } | undefined

  /** To be called before each statement. Throws once the transaction has ended. */
  enter(): void {
    if (!this.isOpen) {
      throw new TidingsError('INTERNAL', undefined, {
        cause: new Error('a `tx` was used after its transaction had ended'),
      })
    }
    this.statements += 1
  }

  /** Dooms the transaction; the first reason counts. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** `Database.after`. */
  after(work: () => void): void {
    if (this.isOpen) this.#after.push(work)
    else work()
  }

  /** Ends its life before the commit. Throws the reason when it is doomed. */
  finish(): void {
    this.isOpen = false
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Calls what waited for the commit; a callback that throws cannot undo it, and is reported. */
  committed(report: (error: unknown) => void): void {
    for (const work of this.#after) {
      try {
        work()
      } catch (error) {
        report(error)
      }
    }
  }
}

const TRANSACTION = Symbol('transaction')

interface Bound {
  readonly [TRANSACTION]?: Transaction
}

/** Remembers which transaction a `tx` is of. */
export function bindTransaction(tx: Tx, transaction: Transaction): Tx {
  return Object.assign(tx, { [TRANSACTION]: transaction })
}

/** The transaction of a `tx`. */
export function transactionOf(tx: Tx): Transaction {
  const transaction = (tx as Bound)[TRANSACTION]
  if (transaction === undefined) throw new Error('a `tx` of no transaction')
  return transaction
}
