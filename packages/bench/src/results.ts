import { medians, type Figures } from './figures.ts'
import { OTHERS, TOLERATED_OTHERS } from './usage.ts'
import type { Bar, Workload } from './workload.ts'

/** All runs of one subject in one workload. */
export interface SubjectResult {
  readonly subject: string
  /** In the order of the repeats; one that failed is missing. */
  readonly runs: readonly Figures[]
  readonly errors: readonly string[]
}

/** All that was measured of one workload. */
export interface WorkloadResult extends Pick<Workload, 'name' | 'figure' | 'bar'> {
  readonly subjects: readonly SubjectResult[]
}

/** What several runs come to. */
export interface Summary {
  /** Of each figure, over the runs that count. */
  readonly medians: Figures
  readonly least: Figures
  readonly most: Figures
  /** Others had the machine for too large a part of every run. */
  readonly isDisturbed: boolean
}

/** Disturbed runs do not count where there is another. Undefined when there is no run at all. */
export function summarise({ runs }: SubjectResult): Summary | undefined {
  const quiet = runs.filter((run) => (run[OTHERS] ?? 0) <= TOLERATED_OTHERS)
  const counted = quiet.length > 0 ? quiet : runs
  if (counted.length === 0) return undefined
  return {
    medians: medians(counted),
    least: fold(counted, Math.min),
    most: fold(counted, Math.max),
    isDisturbed: quiet.length === 0,
  }
}

function fold(runs: readonly Figures[], choose: (...values: number[]) => number): Figures {
  const names = Object.keys(runs[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, choose(...runs.map((run) => run[name] ?? 0))]),
  )
}

/** Whether a bar is met and, where it or the stretch goal is not, how much of that is reached. */
export function judge({ better, bar, stretch }: Bar, value: number): string {
  const shareOf = (limit: number): number => (better === 'more' ? value / limit : limit / value)
  const percent = (limit: number): string => `${Math.floor(shareOf(limit) * 100)} %`
  if (shareOf(stretch) >= 1) return 'stretch'
  if (shareOf(bar) >= 1) return `met, ${percent(stretch)} of the stretch`
  return `missed, ${percent(bar)} of it, ${percent(stretch)} of the stretch`
}
