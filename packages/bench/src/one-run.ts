// One run, in a process of its own: it begins with nothing loaded, and whatever goes wrong ends with it.
import { SUBJECTS, WORKLOADS } from './catalogue.ts'
import type { Figures } from './figures.ts'
import type { Job, Outcome } from './job.ts'
import { pinOwn, withChildren } from './process.ts'

/** Ends the process when it has been said. */
function say(outcome: Outcome): void {
  process.send?.(outcome, () => process.exit('error' in outcome ? 1 : 0))
}

function complain(error: unknown): void {
  say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}

async function run(job: Job): Promise<Figures> {
  const workload = WORKLOADS.find(({ name }) => name === job.workload)
  const subject = SUBJECTS.find(({ name }) => name === job.subject)
  if (workload === undefined || subject === undefined) throw new Error('no such run')
  const { filled, profile } = job
  const postgres = job.postgres && {
    ...job.postgres,
    pids: () => withChildren(job.postgres?.pid ?? 0),
  }
  const ground = { scene: workload.scene, filled, postgres, profile }
  return await workload.measure(subject, ground, job.pace)
}

process.once('uncaughtException', complain)
process.once('disconnect', () => process.exit(1))
pinOwn()
process.once('message', (job: Job) => {
  run(job).then((figures) => say({ figures }), complain)
})
