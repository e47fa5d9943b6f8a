import { relay } from './relay/subject.ts'
import type { Subject } from './subject.ts'
import { tidings } from './tidings/subjects.ts'
import type { Workload } from './workload.ts'
import { catchUp } from './workloads/catch-up.ts'
import { coldStart } from './workloads/cold-start.ts'
import { direct } from './workloads/direct.ts'
import { group } from './workloads/group.ts'
import { idle } from './workloads/idle.ts'

const atLeast = (bar: number, stretch: number) =>
  ({ of: 'ratio', better: 'more', bar, stretch }) as const
const atMost = (bar: number, stretch: number) =>
  ({ of: 'ratio', better: 'less', bar, stretch }) as const

/** All that is measured, with the bars of the design where it sets one. */
export const WORKLOADS: readonly Workload[] = [
  direct({ pairs: 1, inFlight: 1, conversations: 20 }),
  direct({ pairs: 50, inFlight: 1, conversations: 20 }, atLeast(0.45, 0.75)),
  direct({ pairs: 50, inFlight: 32, conversations: 20 }, atLeast(0.35, 0.6)),
  direct({ pairs: 50, inFlight: 32, conversations: 1000 }),
  group(100),
  group(1000, atLeast(0.5, 0.75)),
  catchUp(10_000, atLeast(0.6, 1)),
  idle({ connections: 1000, conversations: 20 }, atMost(2, 1.3)),
  idle({ connections: 5000, conversations: 20 }, atMost(2, 1.3)),
  idle({ connections: 200, conversations: 1000 }),
  coldStart({ of: 'figure', better: 'less', bar: 1000, stretch: 400 }),
]

/** The subject that everything is compared with. */
export const BASE: Subject = relay

/** The subject that the bars are about. */
export const JUDGED = 'sdk'

export const SUBJECTS: readonly Subject[] = [relay, ...tidings]

/** Subjects that are measured unless others are named. */
export const USUAL = ['relay', 'sdk', 'trpc', 'numbered', 'sdk-postgres']
