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

/** What of an id is chance. */
const ID_BYTES = 10

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

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

/** Bytes for so many ids are drawn at once: to ask for some costs more than they do. */
const POOL = new Uint8Array(ID_BYTES * 32)
let taken: number = POOL.length

/**
 * A UUID that begins with its time (version 7 of RFC 9562): the server's index of them grows at one end, where random ones
 * would touch a page of their own each. Not by `crypto.randomUUID`, which is missing on pages that are served without TLS.
 */
function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  if (taken === POOL.length) {
    crypto.getRandomValues(POOL)
    taken = 0
  }
  const variant = ((POOL[taken + 2] ?? 0) & 3) + 8
  let rest = ''
  for (const end = taken + ID_BYTES; taken < end; taken += 1) rest += HEX[POOL[taken] ?? 0]
  const last = `${variant.toString(16)}${rest.slice(5, 8)}-${rest.slice(8)}`
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(1, 4)}-${last}`
}
