import { randomUUID } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'

/**
 * What a server takes from the machine that it runs on, beside the calendar: the passing of time, chance and ids. Handed
 * in, so that the test kit can bring its own.
 */
export interface Machine {
  /** Milliseconds that only grow; unlike a clock's time they are not set back, so nothing outlives its deadline. */
  elapsed(): number
  /** Runs once after so many milliseconds, and keeps no process alive for it. Answers how to cancel. */
  after(ms: number, run: () => void): () => void
  /** Runs again and again, and keeps no process alive for it. Answers how to end it. */
  every(ms: number, run: () => void): () => void
  /** Resolves after so many milliseconds; the process lives until then. */
  wait(ms: number): Promise<void>
  /** From 0 up to, not including, 1. */
  random(): number
  /** A random UUID. */
  newId(): string
  /** A UUID that sorts by the time at which it was made, which keeps the index of messages compact. */
  newMessageId(): string
}

/** The machine's own. Global functions are looked up at each call: tests replace them. */
export const systemMachine: Machine = {
  elapsed: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
  every(ms, run) {
    const timer = setInterval(run, ms).unref()
    return () => clearInterval(timer)
  },
  wait: (ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms)
    }),
  random: () => Math.random(),
  newId: () => randomUUID(),
  newMessageId: () => uuidv7(),
}
