import type { FaultName, Setting } from '../plan.ts'
import type { Alteration } from '../system/alterations.ts'

/** Where a planted mistake shows: under the faults that another layer does not make good. */
export interface Ground {
  readonly engine: Setting['engine']
  readonly only: readonly FaultName[]
  readonly lastsMs: number
  /** People come and go all the time, and what is said is mostly said where they do. */
  readonly isRevolving?: boolean | undefined
  /** How long people go on after the last fault, ms. @default until what comes is live again */
  readonly calmMs?: number | undefined
}

/** A mistake in the wiring of the running system: one protection taken away. */
export interface Mistake {
  readonly what: string
  /** Which of the programs has it. */
  readonly in: 'server' | 'clients'
  readonly ground: Ground
  readonly alterations: readonly Alteration[]
}

/** On SQLite, for some seconds. */
export function under(lastsMs: number, ...only: readonly FaultName[]): Ground {
  return { engine: 'sqlite', only, lastsMs }
}

/** On Postgres, with two nodes. */
export function underOnPostgres(lastsMs: number, ...only: readonly FaultName[]): Ground {
  return { engine: 'postgres', only, lastsMs }
}

/** The same, while people come and go all the time. */
export function whileRevolving(ground: Ground): Ground {
  return { ...ground, isRevolving: true }
}

/** The same, but nobody says anything once all are back after the last fault: nothing that comes next shows anybody a gap. */
export function thenSilent(ground: Ground): Ground {
  return { ...ground, calmMs: 0 }
}

/** What an alteration puts in, to make a moment long enough to be met. */
export function waiting(ms: number): string {
  return `await new Promise((later) => setTimeout(later, ${ms}))`
}
