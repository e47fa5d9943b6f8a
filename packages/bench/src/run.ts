import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Figures } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { summarise, type SubjectResult, type WorkloadResult } from './results.ts'
import { runApart } from './run-apart.ts'
import type { Postgres, Subject } from './subject.ts'
import { roundOf } from './table.ts'
import { FilledDatabases } from './tidings/filled.ts'
import { startPostgres } from './tidings/postgres.ts'
import type { Workload } from './workload.ts'

/** Runs the workloads on the subjects, the subjects in turns, and tells what each came to. */
export async function runAll(options: BenchOptions): Promise<readonly WorkloadResult[]> {
  const { workloads, subjects, profile } = options
  if (profile !== undefined) mkdirSync(profile, { recursive: true })
  const wantsPostgres = subjects.some(({ engine }) => engine === 'postgres')
  await using postgres = wantsPostgres ? await startPostgres() : null
  const results: WorkloadResult[] = []
  for (const workload of workloads) {
    tell(`\n${workload.name}`)
    const result = await runWorkload(workload, options, postgres ?? undefined)
    result.subjects.forEach(tellSubject)
    results.push(result)
  }
  return results
}

async function runWorkload(
  workload: Workload,
  options: BenchOptions,
  postgres: Postgres | undefined,
): Promise<WorkloadResult> {
  await using databases = workload.scene === undefined ? null : new FilledDatabases(workload.scene)
  const lists = options.subjects.map((subject) => ({ subject, ...noRuns() }))
  for (let time = 1; time <= options.repeat; time += 1)
    for (const { subject, runs, errors } of lists) {
      const own = subject.engine === 'postgres' ? postgres : undefined
      try {
        const filled = await databases?.get(subject.engine, own)
        const given = { filled, postgres: own && { pid: own.pid, url: own.url } }
        const names = { workload: workload.name, subject: subject.name }
        const profile = profileOf(workload, subject, { ...options, time })
        const job = { ...names, pace: options.pace, ...given, profile }
        runs.push(await runApart(job, longest(workload, options)))
      } catch (error) {
        errors.push(String(error))
        tell(`  ${subject.name} failed: ${String(error)}`)
      }
    }
  const { name, figure, bar } = workload
  const all = lists.map(({ subject, ...list }) => ({ subject: subject.name, ...list }))
  return { name, figure, bar, subjects: all }
}

/** Longer than a run takes on a machine that is busy with other things too: connecting everybody is most of it. */
function longest({ scene }: Workload, { pace }: BenchOptions): number {
  return pace.warmUpMs + pace.windowMs + 120_000 + (scene?.people ?? 0) * 80
}

function noRuns(): { runs: Figures[]; errors: string[] } {
  return { runs: [], errors: [] }
}

interface ProfileOptions extends BenchOptions {
  readonly time: number
}

function profileOf(
  workload: Workload,
  { name }: Subject,
  { profile, time }: ProfileOptions,
): string | undefined {
  if (profile === undefined) return undefined
  const words = `${workload.name} ${name} ${time}`.replaceAll(/[^a-z0-9]+/g, '-')
  return resolve(join(profile, `${words}.cpuprofile`))
}

function tellSubject(result: SubjectResult): void {
  const summary = summarise(result)
  if (summary === undefined) return
  const figures = Object.entries(summary.medians).map(([name, value]) => {
    const [least, most] = [roundOf(summary.least[name] ?? 0), roundOf(summary.most[name] ?? 0)]
    return `${name} ${roundOf(value)}${least === most ? '' : ` (${least}–${most})`}`
  })
  const mark = summary.isDisturbed ? ' *disturbed*' : ''
  tell(`  ${result.subject.padEnd(12)} ${figures.join(', ')}${mark}`)
}

/** To whoever waits; the table itself goes to standard output. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}
