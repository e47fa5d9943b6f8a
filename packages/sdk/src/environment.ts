/** Time, chance and ids, so that a test can script them. */
export interface Environment {
  /** Milliseconds; only differences mean anything. */
  now(): number
  /** The device's calendar, milliseconds since 1970; it may jump. */
  wallClock(): number
  /** Runs once after so many milliseconds; answers how to cancel that. */
  after(ms: number, run: () => void): () => void
  /** From 0 up to, not including, 1. */
  random(): number
  newId(): string
}

/** The machine's own. */
export const SYSTEM: Environment = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
  newId,
}

/** `crypto.randomUUID` is missing on pages that are served without TLS; `getRandomValues` never is. */
function newId(): string {
  const source: { randomUUID?: () => string } = crypto
  if (source.randomUUID !== undefined) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
