// npm run bench [-- --help]
import { chmodSync, writeFileSync } from 'node:fs'
import { SUBJECTS, USUAL_WORKLOADS, WORKLOADS } from './catalogue.ts'
import { openFolder } from './folder.ts'
import { HELP, OptionError, readOptions, type BenchOptions } from './options.ts'
import { merge } from './merge.ts'
import { isMeasurable } from './process.ts'
import { describe, readRecord, recordOf, writeInto, type BenchRecord } from './record.ts'
import { runAll } from './run.ts'

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function list(): void {
  const workloads = WORKLOADS.map(
    (workload) => `  ${workload.name}${USUAL_WORKLOADS.includes(workload) ? '' : ' (when named)'}`,
  )
  const subjects = SUBJECTS.map(({ name, summary }) => `  ${name.padEnd(18)} ${summary}`)
  print(['workloads', ...workloads, '', 'subjects', ...subjects].join('\n'))
}

async function measure(options: BenchOptions): Promise<BenchRecord> {
  if (!isMeasurable)
    throw new OptionError('CPU time and memory are read from /proc: this needs Linux')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(1))
  using folder = openFolder()
  // Everything of this run, whichever process makes it, is in here and goes with it.
  process.env['BENCH_DIR'] = folder.path
  // Under root, Postgres runs as somebody else, who must be able to look in.
  chmodSync(folder.path, 0o755)
  return recordOf(await runAll(options), options)
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args)
  if (options.asks === 'help') return print(HELP)
  if (options.asks === 'list') return list()
  const record =
    options.from.length === 0 ? await measure(options) : merge(options.from.map(readRecord))
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(record, null, 2)}\n`)
  const text = describe(record)
  if (options.into !== undefined) writeInto(options.into, text)
  print(`\n${text}`)
  const hasFailed = record.results.some(({ subjects }) =>
    subjects.some(({ errors }) => errors.length > 0),
  )
  if (hasFailed) process.exitCode = 1
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof OptionError)) throw error
  process.stderr.write(`${error.message}\n\n${HELP}\n`)
  process.exitCode = 2
}
