import { relay } from './relay/subject.ts'
import type { Subject } from './subject.ts'
import { tidings } from './tidings/subjects.ts'
import type { Bar, Workload } from './workload.ts'
import { catchUp } from './workloads/catch-up.ts'
import { coldStart } from './workloads/cold-start.ts'
import { direct } from './workloads/direct.ts'
import { group } from './workloads/group.ts'
import { idle } from './workloads/idle.ts'
import { steady } from './workloads/steady.ts'

const atLeast = (bar: number, stretch: number) =>
  ({ of: 'ratio', better: 'more', bar, stretch }) as const
const atMost = (bar: number, stretch: number) =>
  ({ of: 'ratio', better: 'less', bar, stretch }) as const

/** What is measured unless something else is named, with the bars that the project has set itself where there is one. */
export const USUAL_WORKLOADS: readonly Workload[] = [
  direct({ pairs: 1, inFlight: 1 }),
  direct({ pairs: 50, inFlight: 1 }, atLeast(0.45, 0.75)),
  direct({ pairs: 50, inFlight: 32 }, atLeast(0.35, 0.6)),
  direct({ pairs: 50, inFlight: 32, conversations: 1000 }),
  group(100),
  group(1000, atLeast(0.5, 0.75)),
  catchUp(10_000, atLeast(0.6, 1)),
  idle({ connections: 1000, conversations: 20 }),
  idle({ connections: 5000, conversations: 20 }, atMost(2, 1.3)),
  idle({ connections: 200, conversations: 1000 }),
  coldStart({ of: 'figure', better: 'less', bar: 1000, stretch: 400 }),
]

/** What the project asks of times from sending to receiving, by workload and figure. */
export const LATENCY_BARS: Readonly<Record<string, Readonly<Record<string, Bar>>>> = {
  'direct, 1 pair, 1 in flight': { 'p50 ms': atMost(1.5, 1) },
  'direct, 50 pairs, 1 in flight': { 'p99 ms': atMost(2, 1) },
}

/** What takes long, and is measured when it is named: whether the cost grows with what there is, and the memory with time. */
const NAMED_WORKLOADS: readonly Workload[] = [
  ...[10, 1000, 10_000].map((conversations) => direct({ pairs: 10, inFlight: 32, conversations })),
  ...[1000, 1_000_000].map((stored) => direct({ pairs: 10, inFlight: 32, stored })),
  steady(1000),
  steady(4000),
]

export const WORKLOADS: readonly Workload[] = [...USUAL_WORKLOADS, ...NAMED_WORKLOADS]

/** The subject that everything is compared with. */
export const BASE: Subject = relay

/** The subject that the bars are about. */
export const JUDGED = 'sdk'

export const SUBJECTS: readonly Subject[] = [relay, ...tidings]

/** Subjects that are measured unless others are named. */
export const USUAL_SUBJECTS = ['relay', 'sdk', 'trpc', 'numbered', 'sdk-postgres']
