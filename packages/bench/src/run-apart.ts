import { fork } from 'node:child_process'
import { once } from 'node:events'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Figures } from './figures.ts'
import type { Job, Outcome } from './job.ts'

const PROGRAM = fileURLToPath(new URL('./one-run.js', import.meta.url))

/**
 * The load has one core, and a hundred clients in one heap. V8's helpers take garbage away beside a program where there are more
 * cores; here they would take turns with it, each for milliseconds in which all clients wait. Nor does it look through what has
 * grown old, a third of a second for those clients together, before that is 1 GB: a client of its own has next to nothing there.
 */
const ONE_HEAP = ['--single-threaded-gc', '--initial-old-space-size=1024'] as const

/** For an orderly end; then there is none. */
const GRACE_MS = 5_000

/** Does one run in a process of its own, which is ended with its server when it takes too long. */
export async function runApart(job: Job, mostMs: number): Promise<Figures> {
  const child = fork(PROGRAM, [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...ONE_HEAP, ...profiling(job)],
  })
  const ended = once(child, 'exit')
  const heard: Outcome[] = []
  child.on('message', (outcome: Outcome) => heard.push(outcome))
  const timers = [
    setTimeout(() => {
      heard.push({ error: `not done after ${mostMs / 1000} s` })
      child.kill('SIGTERM')
    }, mostMs),
    setTimeout(() => child.kill('SIGKILL'), mostMs + GRACE_MS),
  ]
  child.send(job)
  await ended
  for (const timer of timers) clearTimeout(timer)
  const outcome = heard[0] ?? { error: 'the process ended without a word' }
  if ('error' in outcome) throw new Error(outcome.error)
  return outcome.figures
}

/** The load is profiled beside its server: where it is the slower one, the figures are its own. */
function profiling({ profile }: Job): readonly string[] {
  if (profile === undefined) return []
  const name = `${basename(profile, '.cpuprofile')}load.cpuprofile`
  return ['--cpu-prof', `--cpu-prof-dir=${dirname(profile)}`, `--cpu-prof-name=${name}`]
}
