import type { Position } from '@tidings/protocol/wire'

/** Told of a position from the future, with the head that it is beyond. */
export type OnFuturePosition = (position: Position, head: number) => void

/** Positions from the future: the database may have lost data, or a client invents them. */
export interface FutureAlarm {
  ring(position: Position, head: number): void
  /** How often it has rung. */
  count(): number
}

/** A client can make up as many as it likes: all are counted, but only one a minute is told. */
const QUIET_MS = 60_000

/** Opens the alarm of one journal. */
export function openFutureAlarm(tell: OnFuturePosition): FutureAlarm {
  let count = 0
  let toldAt = -Infinity
  return {
    ring(position, head) {
      count += 1
      const now = performance.now()
      if (now - toldAt < QUIET_MS) return
      toldAt = now
      tell(position, head)
    },
    count: () => count,
  }
}
