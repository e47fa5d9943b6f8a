import type { EndedPage } from '../db/ending.ts'
import type { Breath } from './jobs.ts'

/** How a table is swept. */
export interface Walk<Id> {
  /** Looks at a page, outside of any transaction: who writes does not wait for it. */
  readonly look: (after: Id | undefined) => Promise<EndedPage<Id>>
  /** Takes away what has ended; answers how many rows. Called only when there is something. */
  readonly take: (ended: readonly Id[]) => Promise<number>
}

/**
 * Goes through a table once, page after page, until its end or until the server closes; answers how many rows are gone. Rows that
 * live are looked at once each, however many they are, and a transaction is as long as what it takes away of one page.
 */
export async function sweepPages<Id>(breath: Breath, { look, take }: Walk<Id>): Promise<number> {
  let gone = 0
  let after: Id | undefined
  while (!breath.ended) {
    const { ended, next } = await look(after)
    if (ended.length > 0) gone += await take(ended)
    if (next === undefined) break
    after = next
    await breath.take()
  }
  return gone
}

/**
 * Takes away slice after slice, until less than a whole one is found or the server closes; answers how many rows.
 * @param takeSlice takes so many rows at most, in a transaction of its own, so that none holds the database for long
 */
export async function sweepSlices(
  breath: Breath,
  slice: number,
  takeSlice: (limit: number) => Promise<number>,
): Promise<number> {
  let gone = 0
  while (!breath.ended) {
    const found = await takeSlice(slice)
    gone += found
    if (found < slice) break
    await breath.take()
  }
  return gone
}
