import type { Distribution } from '../figures.ts'

/** A value with its labels. */
export type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>]

/** A figure as Prometheus reads it. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Asked at each reading. */
  readonly samples: () => Iterable<readonly [suffix: string, ...Sample]>
}

/** Something that only grows; its name ends with `_total`. */
export function counter(name: string, help: string, read: () => Iterable<Sample>): Metric {
  return { name, help, type: 'counter', samples: () => plain(read()) }
}

/** Something that goes up and down. */
export function gauge(name: string, help: string, read: () => Iterable<Sample>): Metric {
  return { name, help, type: 'gauge', samples: () => plain(read()) }
}

/** Values in buckets, one distribution for each set of labels. */
export function histogram(
  name: string,
  help: string,
  read: () => Iterable<readonly [Distribution, Readonly<Record<string, string>>?]>,
): Metric {
  return { name, help, type: 'histogram', samples: () => spread(read()) }
}

/** Prometheus' text format, version 0.0.4. */
export function expose(metrics: readonly Metric[]): string {
  return metrics.map(exposeOne).join('\n')
}

function exposeOne({ name, help, type, samples }: Metric): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
  for (const [suffix, value, labels = {}] of samples())
    lines.push(`${name}${suffix}${labelled(labels)} ${value}`)
  return `${lines.join('\n')}\n`
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function* plain(samples: Iterable<Sample>): Generator<readonly [string, ...Sample]> {
  for (const sample of samples) yield ['', ...sample]
}

/** Of each bucket, how many values are not above its bound. */
function* spread(
  distributions: Iterable<readonly [Distribution, Readonly<Record<string, string>>?]>,
): Generator<readonly [string, ...Sample]> {
  for (const [{ bounds, counts, sum }, labels = {}] of distributions) {
    let count = 0
    for (const [at, bound] of bounds.entries()) {
      count += counts[at] ?? 0
      yield ['_bucket', count, { ...labels, le: String(bound) }]
    }
    count += counts.at(-1) ?? 0
    yield ['_bucket', count, { ...labels, le: '+Inf' }]
    yield ['_sum', sum, labels]
    yield ['_count', count, labels]
  }
}
