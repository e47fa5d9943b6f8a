import type { Breath } from '../../src/services/jobs.ts'

/** Lets a job take so many further transactions, without waiting between them. */
export function breaths(count = Number.POSITIVE_INFINITY): Breath {
  let left = count
  return {
    get ended() {
      return left <= 0
    },
    take: async () => void (left -= 1),
  }
}
