import { BASE, JUDGED, LATENCY_BARS } from './catalogue.ts'
import { judge, summarise, type Summary, type WorkloadResult } from './results.ts'
import type { Bar } from './workload.ts'

/** The figures of all workloads beside one another, as Markdown that can be read as it is. */
export function tableOf(results: readonly WorkloadResult[]): string {
  const names = [
    ...new Set(results.flatMap(({ subjects }) => subjects.map(({ subject }) => subject))),
  ]
  const others = names.filter((name) => name !== BASE.name)
  const head = ['workload', 'figure', BASE.name, ...others, 'bar', 'stretch', `${JUDGED} is`]
  const rows = results.map((result) => rowOf(result, others))
  const times = results.flatMap(latenciesOf).map((result) => rowOf(result, others))
  const cells = [...rows, ...times].flat()
  const spread = cells.some((cell) => cell.includes('–'))
    ? `; in brackets the least and the most, beside the ${BASE.name}'s median`
    : ''
  const notes = [
    `The ratio to the ${BASE.name} stands behind each figure${spread}.`,
    ...(cells.some((cell) => cell.endsWith('*')) ? [DISTURBED] : []),
  ]
  const timesBelow = times.length === 0 ? [] : ['', SENT, '', ...layOut([head, ...times])]
  return [...layOut([head, ...rows]), ...timesBelow, '', ...notes].join('\n')
}

const SENT = 'From sending to receiving, half of all messages and 99 of 100 within:'

/** The same workload judged by each of its times. */
function latenciesOf(result: WorkloadResult): WorkloadResult[] {
  const [run = {}] = result.subjects.flatMap(({ runs }) => runs)
  return Object.keys(run)
    .filter((figure) => /p(50|99) ms$/.test(figure))
    .map((figure) => ({ ...result, figure, bar: LATENCY_BARS[result.name]?.[figure] }))
}

const DISTURBED = '\\* Other programs used more than 0.3 of a core in every run.'

function rowOf(
  { name, figure, bar, subjects }: WorkloadResult,
  others: readonly string[],
): string[] {
  const summaries = new Map(subjects.map((result) => [result.subject, summarise(result)]))
  const base = summaries.get(BASE.name)
  const cell = (subject: string, unit?: Summary): string =>
    summaries.has(subject) ? cellOf(figure, summaries.get(subject), unit) : ''
  return [
    name,
    figure,
    cell(BASE.name),
    ...others.map((other) => cell(other, base)),
    ...judged(bar, { figure, base, own: summaries.get(JUDGED) }),
  ]
}

interface Pair {
  readonly figure: string
  readonly own: Summary | undefined
  readonly base: Summary | undefined
}

function judged(bar: Bar | undefined, { figure, own, base }: Pair): string[] {
  if (bar === undefined) return ['', '', '']
  const sign = bar.better === 'more' ? '≥' : '≤'
  const value = bar.of === 'figure' ? own?.medians[figure] : ratioOf({ figure, own, base })
  const verdict = value === undefined ? '' : judge(bar, value)
  return [`${sign} ${bar.bar}`, `${sign} ${bar.stretch}`, verdict]
}

function ratioOf({ figure, own, base }: Pair): number | undefined {
  const [value, unit] = [own?.medians[figure], base?.medians[figure]]
  return value === undefined || unit === undefined || unit === 0 ? undefined : value / unit
}

function cellOf(figure: string, own: Summary | undefined, base?: Summary): string {
  if (own === undefined) return 'failed'
  const unit = base?.medians[figure]
  const shown = (value: number | undefined): string =>
    unit === undefined ? roundOf(value ?? 0) : ((value ?? 0) / unit).toFixed(2)
  const [least, most] = [shown(own.least[figure]), shown(own.most[figure])]
  const value = roundOf(own.medians[figure] ?? 0)
  const ratio = unit === undefined ? '' : `: ${shown(own.medians[figure])}`
  const spread = least === most ? '' : ` (${least}–${most})`
  return `${value}${ratio}${spread}${own.isDisturbed ? ' \\*' : ''}`
}

/** Three digits or whole, with commas. */
export function roundOf(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)]
}
