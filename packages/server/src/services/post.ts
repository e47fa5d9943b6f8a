import { TidingsError } from '@tidings/protocol/wire'
import { openGate } from '../auth/gate.ts'
import type { Logger } from '../logger.ts'
import type { Machine } from '../machine.ts'
import type { Mailer } from '../mailer.ts'

/** The answer has left by then: on SQLite looking for a user holds up everything else. */
const BEGINS_MS = 50

/** Mails under way at once, and such that wait. */
const AT_ONCE = 4
const MAX_WAITING = 1000

/** A mail server that does not answer holds up no server that is told to stop. */
const CLOSE_MS = 5000

/**
 * Sends mails after the call that asked for them has been answered: neither what is answered nor how long it takes says
 * whether there was anybody to write to.
 */
export interface Post {
  /** Does the work later. @throws TidingsError NO_MAIL on a server that sends no mail, RATE_LIMITED */
  later(work: (mailer: Mailer) => Promise<void>): void
  /** Waits 5 s at most for what has been asked for; what has not begun by then is never sent. */
  close(): Promise<void>
}

export interface PostOptions {
  /** Undefined on a server that sends no mail. */
  readonly mailer: Mailer | undefined
  readonly machine: Pick<Machine, 'after' | 'wait'>
  readonly log: Pick<Logger, 'warn'>
}

export function openPost({ mailer, machine, log }: PostOptions): Post {
  const gate = openGate({ size: AT_ONCE, maxWaiting: MAX_WAITING })
  const under = new Set<Promise<void>>()
  let isOver = false
  return {
    later(work) {
      if (mailer === undefined) throw new TidingsError('NO_MAIL')
      if (under.size >= AT_ONCE + MAX_WAITING)
        throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs: 1000 })
      const job = gate
        .run(async () => {
          await machine.wait(BEGINS_MS)
          if (!isOver) await work(mailer)
        })
        .catch((error: unknown) => log.warn({ err: error }, 'a mail could not be sent'))
        .finally(() => under.delete(job))
      under.add(job)
    },
    async close() {
      const all = Promise.all(under)
      let cancel = (): void => undefined
      const late = new Promise<void>((resolve) => {
        cancel = machine.after(CLOSE_MS, () => {
          isOver = true
          log.warn({ mails: under.size }, 'mails could not be sent before the server closed')
          resolve()
        })
      })
      await Promise.race([all, late])
      cancel()
    },
  }
}
