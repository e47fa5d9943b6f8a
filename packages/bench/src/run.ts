import { writeFileSync } from 'node:fs'
import { medians, type Figures } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { relay } from './relay/subject.ts'
import type { Subject } from './subject.ts'
import { onSqlite } from './tidings/subjects.ts'
import type { Workload } from './workload.ts'
import { catchUp } from './workloads/catch-up.ts'
import { direct } from './workloads/direct.ts'
import { group } from './workloads/group.ts'
import { idle } from './workloads/idle.ts'

const WORKLOADS: readonly Workload[] = [
  direct({ pairs: 1, inFlight: 1, conversations: 20 }),
  direct({ pairs: 50, inFlight: 1, conversations: 20 }),
  direct({ pairs: 50, inFlight: 32, conversations: 20 }),
  direct({ pairs: 50, inFlight: 32, conversations: 1000 }),
  group(100),
  group(1000),
  catchUp(10_000),
  idle({ connections: 1000, conversations: 20 }),
  idle({ connections: 5000, conversations: 20 }),
]

const SUBJECTS: readonly Subject[] = [relay, ...onSqlite]

/** Runs the workloads on the subjects, the subjects in turns, and prints what they came to. */
export async function runAll(options: BenchOptions): Promise<void> {
  const { only, repeat } = options
  const workloads = WORKLOADS.filter(
    ({ name }) => only.length === 0 || only.some((word) => name.includes(word)),
  )
  const subjects = SUBJECTS.filter(({ name }) => options.subjects.includes(name))
  const all: Record<string, Record<string, Figures>> = {}
  for (const workload of workloads) {
    const runs = new Map<Subject, Figures[]>(subjects.map((subject) => [subject, []]))
    for (let time = 0; time < repeat; time += 1)
      for (const subject of subjects)
        runs.get(subject)?.push(await runOne(workload, subject, options))
    const figures = [...runs].map(([{ name }, list]) => [name, medians(list)] as const)
    all[workload.name] = Object.fromEntries(figures)
    print(workload, figures)
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`)
}

async function runOne(
  workload: Workload,
  subject: Subject,
  { windowMs }: BenchOptions,
): Promise<Figures> {
  await using target = await subject.start(workload.scene)
  return await workload.measure(target, subject, { warmUpMs: 3000, windowMs })
}

function print(workload: Workload, figures: readonly (readonly [string, Figures])[]): void {
  const base = figures.find(([name]) => name === 'relay')?.[1][workload.figure]
  console.log(`\n${workload.name}`)
  for (const [name, values] of figures) {
    const own = values[workload.figure] ?? 0
    const ratio = base === undefined ? '' : `  ${(own / base).toFixed(2)} of the relay`
    const rest = Object.entries(values).map(([key, value]) => `${key} ${round(value)}`)
    console.log(`  ${name.padEnd(10)} ${rest.join(', ')}${ratio}`)
  }
}

function round(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3)
}
