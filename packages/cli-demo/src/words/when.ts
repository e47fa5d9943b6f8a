import { usage } from '../cli/failure.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * How long, in milliseconds: `90m`, `2h`, `3d`.
 * @throws Failure USAGE
 */
export function readDuration(word: string): number {
  const ms = durationOf(word)
  if (ms === undefined) throw usage(`“${word}” is no length of time: use 90m, 2h or 3d.`)
  return ms
}

function durationOf(word: string): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(word) ?? []
  return count === undefined || unit === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0)
}

/**
 * A point in time: milliseconds since 1970, a date (`2026-11-21`, `2026-11-21T09:00`), or how long ago (`90m`, `2h`, `3d`).
 * @throws Failure USAGE
 */
export function readTime(word: string, now: number): number {
  const time = timeOf(word, now)
  if (Number.isSafeInteger(time) && time >= 0) return time
  throw usage(
    `“${word}” is no time since 1970: use 2h, 2026-11-21, 2026-11-21T09:00, or milliseconds.`,
  )
}

function timeOf(word: string, now: number): number {
  if (/^\d{5,}$/.test(word)) return Number(word)
  const ago = durationOf(word)
  if (ago !== undefined) return now - ago
  if (!/^\d{4}-/.test(word)) return Number.NaN
  // A day begins where the reader lives, as a time without a zone does.
  return new Date(/^\d{4}-\d\d-\d\d$/.test(word) ? `${word}T00:00` : word).getTime()
}
