import type { Logger } from '../logger.ts'
import type { Machine } from '../machine.ts'
import { pause } from '../realtime/retry.ts'
import { Rounds } from '../realtime/rounds.ts'

/** What goes on behind the calls. */
export type JobName = 'notifications' | 'search' | 'erasures'

/** How a job leaves room for others between its transactions. */
export interface Breath {
  /** True once the server closes: what is left goes on at the next start. */
  readonly ended: boolean
  /** Waits a moment, or so many milliseconds. */
  take(ms?: number): Promise<void>
}

/** Room between transactions until a signal. */
export function breathUntil(machine: Pick<Machine, 'after'>, signal: AbortSignal): Breath {
  return {
    get ended() {
      return signal.aborted
    },
    take: (ms = BREATH_MS) => pause(machine, ms, signal),
  }
}

/** One job: does what is to be done and resolves. It keeps in the database how far it has got. */
export type Job = (breath: Breath) => Promise<void>

/** How the jobs of a server are run. */
export interface JobsOptions {
  readonly machine: Pick<Machine, 'after' | 'random'>
  readonly log: Pick<Logger, 'warn'>
}

/** Looks for what another node, or an earlier run, has left. */
const EVERY_MS = 20_000

/** Between two transactions of a job, so that what people wait for comes in between. */
const BREATH_MS = 10

/** Work that outlives calls and crashes: each job looks for what is to be done when it is told so, at the start, and once in a while. */
export class Jobs {
  readonly #options: JobsOptions
  readonly #rounds = new Map<JobName, Rounds>()
  readonly #closing = new AbortController()

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /** Runs a job from now on; `end` is called when the server closes. */
  start(name: JobName, job: Job, end?: () => void): void {
    const { machine, log } = this.#options
    const { signal } = this.#closing
    const breath = breathUntil(machine, signal)
    const rounds = new Rounds({
      everyMs: EVERY_MS,
      spread: 0.2,
      machine,
      run: () => job(breath),
      onFailure: (error) => log.warn({ err: error, job: name }, 'a job failed and is tried again'),
    })
    this.#rounds.set(name, rounds)
    if (end !== undefined) signal.addEventListener('abort', end)
    rounds.start()
    rounds.hurry()
  }

  /** There is something to be done. */
  hurry(name: JobName): void {
    this.#rounds.get(name)?.hurry()
  }

  /** Resolves once nothing is under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#rounds.values()].map((rounds) => rounds.close()))
  }
}
