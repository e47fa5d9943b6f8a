const DAY_MS = 24 * 60 * 60 * 1000

/** A session that nobody uses ends after so long. */
export const SESSION_IDLE_MS = 30 * DAY_MS
/** Every session ends after so long, however much it is used. */
export const SESSION_ABSOLUTE_MS = 90 * DAY_MS
/** Its use is noted at most so often: a note is a write. */
export const SESSION_TOUCH_MS = 60_000

/** When a session ends that is used now. */
export function sessionEnd(createdAt: number, now: number): number {
  return Math.min(now + SESSION_IDLE_MS, createdAt + SESSION_ABSOLUTE_MS)
}
