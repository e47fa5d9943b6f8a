import type { Figures } from './figures.ts'
import type { Filled, Ground } from './subject.ts'
import type { Pace } from './workload.ts'

/** One run, as the process that does it is told. */
export interface Job {
  readonly workload: string
  readonly subject: string
  readonly pace: Pace
  readonly filled: Filled | undefined
  readonly postgres: { readonly pid: number; readonly url: string } | undefined
  readonly profile: Ground['profile']
}

/** What it says in the end. */
export type Outcome = { readonly figures: Figures } | { readonly error: string }
