import { IN_CLIENTS } from './in-clients.ts'
import { IN_READS } from './in-reads.ts'
import { IN_WRITES } from './in-writes.ts'
import type { Mistake } from './mistake.ts'

/** Each is planted alone; a run with it must break a promise, and the same run without it none. */
export const PLANTED = { ...IN_WRITES, ...IN_READS, ...IN_CLIENTS } as const satisfies Readonly<
  Record<string, Mistake>
>

export type BugName = keyof typeof PLANTED
