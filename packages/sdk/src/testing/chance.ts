/** Chance and ids that a seed repeats. */
export interface Chance {
  /** From 0 up to, not including, 1. */
  random(): number
  /** A UUID. */
  newId(): string
  /** A UUID that sorts by a time, milliseconds since 1970. */
  newIdAt(ms: number): string
}

/** Mulberry32: short, and even enough for waits and ids. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const digits = (count: number): string => {
    let text = ''
    while (text.length < count) text += next().toString(16).padStart(8, '0')
    return text.slice(0, count)
  }
  return {
    random: () => next() / 2 ** 32,
    newId: () => toUuid(digits(12), 4, digits(18)),
    newIdAt: (ms) => toUuid(Math.floor(ms).toString(16).padStart(12, '0'), 7, digits(18)),
  }
}

/** RFC 9562: the version is the 13th digit, the 17th says whose layout it is. */
function toUuid(first: string, version: 4 | 7, rest: string): string {
  const middle = `${version}${rest.slice(0, 3)}-8${rest.slice(3, 6)}`
  return `${first.slice(0, 8)}-${first.slice(8)}-${middle}-${rest.slice(6)}`
}
