import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import type { BenchOptions } from './options.ts'
import { isPinned } from './process.ts'
import { summarise, type Summary, type WorkloadResult } from './results.ts'
import { tableOf } from './table.ts'

/** A measurement as it is kept. */
export interface BenchRecord {
  readonly date: string
  readonly revision: string
  readonly node: string
  readonly machine: Readonly<Record<string, string | number | boolean>>
  readonly options: Readonly<Record<string, string | number | boolean>>
  readonly results: readonly Summarised[]
}

interface Summarised extends WorkloadResult {
  readonly summaries: Readonly<Record<string, Summary | null>>
}

/** Adds what must be known of a measurement to its figures. */
export function recordOf(results: readonly WorkloadResult[], options: BenchOptions): BenchRecord {
  const [cpu] = cpus()
  return {
    date: new Date().toISOString(),
    revision: revision(),
    node: process.version,
    machine: {
      system: `${type()} ${release()} ${process.arch}`,
      cpu: cpu?.model ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      pinned: isPinned,
    },
    options: {
      repeat: options.repeat,
      ...options.pace,
      profiled: options.profile !== undefined,
    },
    results: results.map(withSummaries),
  }
}

/** A result with what its runs come to, for whoever reads the file. */
export function withSummaries({ name, figure, bar, subjects }: WorkloadResult): Summarised {
  const summaries = subjects.map((one) => [one.subject, summarise(one) ?? null] as const)
  return { name, figure, bar, subjects, summaries: Object.fromEntries(summaries) }
}

/** The commit, with a plus when there are changes on top of it. */
function revision(): string {
  const args = ['-c', 'safe.directory=*', 'describe', '--always', '--dirty=+', '--exclude=*']
  const { stdout } = spawnSync('git', args, { encoding: 'utf8' })
  return typeof stdout === 'string' && stdout !== '' ? stdout.trim() : 'unknown'
}

/** Reads one that was written. */
export function readRecord(file: string): BenchRecord {
  return JSON.parse(readFileSync(file, 'utf8')) as BenchRecord
}

/** The table, and what it was measured with. */
export function describe({ results, ...record }: BenchRecord): string {
  const { cpu, cores, pinned } = record.machine
  const where = `${String(cpu)}, ${String(cores)} cores`
  const how =
    pinned === true ? 'server and load each on a core of its own' : 'nothing pinned to a core'
  const times = `${runsOf(results)} of ${Number(record.options['windowMs']) / 1000} s`
  const day = record.date.slice(0, 10)
  const line = `Measured on ${day}, Node ${record.node.slice(1)}: ${where}, ${how}; ${times}.`
  return `${tableOf(results)}\n\n${line}`
}

function runsOf(results: BenchRecord['results']): string {
  const counts = results.flatMap(({ subjects }) => subjects.map(({ runs }) => runs.length))
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  if (least !== most) return `${least} to ${most} runs`
  return most === 1 ? 'one run' : `${most} runs`
}

const BEGIN = '<!-- bench -->'
const END = '<!-- /bench -->'

/** Puts it into a document, in the place of what stood there. */
export function writeInto(file: string, text: string): void {
  const document = readFileSync(file, 'utf8')
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)]
  if (begin === -1 || end < begin) throw new Error(`${file} has no ${BEGIN} … ${END}`)
  const before = document.slice(0, begin + BEGIN.length)
  writeFileSync(file, `${before}\n\n${text}\n\n${document.slice(end)}`)
}
