import { TidingsError } from '@tidings/protocol/wire'
import type { Transaction } from './transaction.ts'

/** A watch over one transaction. */
export interface IdleWatch {
  /** Rejects with UNAVAILABLE when no statement has run for the given time; never resolves. */
  readonly expired: Promise<never>
  stop(): void
}

/** Gives up on a transaction that waits for something other than its own statements: on SQLite every writer waits with it. */
export function watchIdle(transaction: Transaction, idleMs: number): IdleWatch {
  let timer: NodeJS.Timeout | undefined
  let seen = -1
  const expired = new Promise<never>((_, reject) => {
    const check = (): void => {
      if (seen === transaction.statements) {
        const cause = new Error(`a transaction ran no statement for ${idleMs} ms`)
        reject(new TidingsError('UNAVAILABLE', undefined, { cause }))
        return
      }
      seen = transaction.statements
      timer = setTimeout(check, idleMs)
    }
    timer = setTimeout(check, idleMs)
    seen = 0
  })
  return {
    expired,
    stop() {
      clearTimeout(timer)
    },
  }
}
