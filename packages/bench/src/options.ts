import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface BenchOptions {
  /** Workloads whose name holds one of these; all when there are none. */
  readonly only: readonly string[]
  readonly subjects: readonly string[]
  readonly repeat: number
  readonly windowMs: number
  /** Where the figures are written, as JSON. */
  readonly json: string | undefined
}

/** Reads it. @throws TypeError for what it does not know */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      subjects: { type: 'string', default: 'relay,sdk,trpc,numbered' },
      repeat: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  })
  return {
    only: values.only,
    subjects: values.subjects.split(','),
    repeat: Number(values.repeat),
    windowMs: Number(values.seconds) * 1000,
    json: values.json,
  }
}
