import type { Machine } from '../machine.ts'

/** Repeats `work` until it succeeds; undefined when the retrying was ended first. Never rejects. */
export type Retry = <T>(work: () => Promise<T>) => Promise<T | undefined>

const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 5000

export interface RetryOptions {
  readonly signal: AbortSignal
  readonly machine: Pick<Machine, 'after'>
  readonly onFailure: (error: unknown) => void
}

/** Retries with growing waits, for what must happen as soon as the database answers again. */
export function createRetry({ signal, machine, onFailure }: RetryOptions): Retry {
  return async (work) => {
    for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
      try {
        return await work()
      } catch (error) {
        onFailure(error)
      }
      await pause(machine, wait, signal)
    }
    return undefined
  }
}

/** Waits, but not beyond the signal's end, and keeps no process alive. */
export function pause(
  machine: Pick<Machine, 'after'>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = machine.after(ms, end)
    signal.addEventListener('abort', end)
  })
}
