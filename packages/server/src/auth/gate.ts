import { TidingsError } from '@tidings/protocol/wire'

/** Lets only so many pieces of work run at once. */
export interface Gate {
  run<T>(work: () => Promise<T>): Promise<T>
}

export interface GateOptions {
  /** At once. */
  readonly size: number
  /** In line; beyond it a call is refused with RATE_LIMITED. */
  readonly maxWaiting: number
}

/** First come, first served. */
export function openGate({ size, maxWaiting }: GateOptions): Gate {
  const waiting: (() => void)[] = []
  let running = 0
  async function enter(): Promise<void> {
    if (running < size) {
      running += 1
      return
    }
    if (waiting.length >= maxWaiting)
      throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs: 1000 })
    // Whoever leaves hands over his place, so that nobody slips in between.
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
  return {
    async run(work) {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
