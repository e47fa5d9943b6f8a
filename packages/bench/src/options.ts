import { parseArgs } from 'node:util'
import { SUBJECTS, USUAL_SUBJECTS, USUAL_WORKLOADS, WORKLOADS } from './catalogue.ts'
import type { Subject } from './subject.ts'
import type { Pace, Workload } from './workload.ts'

/** What the command line asks for. */
export interface BenchOptions {
  readonly workloads: readonly Workload[]
  readonly subjects: readonly Subject[]
  readonly repeat: number
  readonly pace: Pace
  /** Where everything is written, as JSON. */
  readonly json: string | undefined
  /** Files of that kind: their table is printed, and nothing is run. */
  readonly from: readonly string[]
  /** The document into which the table is written. */
  readonly into: string | undefined
  /** The folder for CPU profiles of the servers and of the load. */
  readonly profile: string | undefined
  readonly asks: 'run' | 'list' | 'help'
}

/** What may be said. */
export const HELP = `npm run bench -- [options]

  --only <words>        workloads whose name holds these words (a whole name is that one alone); may be repeated
  --subjects <names>    separated by commas; by default ${USUAL_SUBJECTS.join(',')}
  --repeat <number>     runs of each, the subjects in turns (3)
  --seconds <number>    how long is counted in each run (3)
  --warm-up <number>    seconds before that at least (10); not before 10,000 messages, or 30 s
  --json <file>         writes all figures of all runs there
  --from <file>         prints the table of such a file, and measures nothing; of several, all runs together
  --into <file>         writes the table into a document, between its lines <!-- bench --> and <!-- /bench -->
  --profile [folder]    writes CPU profiles of each server and load there (./profiles); the figures suffer
  --list                names of workloads and subjects
  --help`

/** Something on the command line that cannot be. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

/** Reads it. @throws OptionError with what is wrong */
export function readOptions(args: readonly string[]): BenchOptions {
  const values = parse(withProfileFolder(args))
  return {
    workloads: chosenWorkloads(values.only),
    subjects: chosenSubjects(values.subjects),
    repeat: positive('repeat', values.repeat, Number.isInteger),
    pace: {
      warmUpMs: positive('warm-up', values['warm-up']) * 1000,
      windowMs: positive('seconds', values.seconds) * 1000,
    },
    json: values.json,
    from: values.from,
    into: values.into,
    profile: values.profile,
    asks: values.help ? 'help' : values.list ? 'list' : 'run',
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: KNOWN }).values
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error))
  }
}

const NONE: string[] = []

const KNOWN = {
  only: { type: 'string', multiple: true, default: NONE },
  subjects: { type: 'string', default: USUAL_SUBJECTS.join(',') },
  repeat: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '3' },
  'warm-up': { type: 'string', default: '10' },
  json: { type: 'string' },
  from: { type: 'string', multiple: true, default: NONE },
  into: { type: 'string' },
  profile: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** The folder may be left out, which `parseArgs` has no word for. */
function withProfileFolder(args: readonly string[]): readonly string[] {
  return args.map((arg, index) => {
    const next = args[index + 1]
    const isAlone = arg === '--profile' && (next === undefined || next.startsWith('-'))
    return isAlone ? '--profile=profiles' : arg
  })
}

function chosenWorkloads(only: readonly string[]): readonly Workload[] {
  if (only.length === 0) return USUAL_WORKLOADS
  const chosen = only.flatMap((words) => {
    const exact = WORKLOADS.filter(({ name }) => name === words)
    const found = exact.length > 0 ? exact : WORKLOADS.filter(({ name }) => name.includes(words))
    if (found.length === 0) throw new OptionError(`no workload is called "${words}"; see --list`)
    return found
  })
  return WORKLOADS.filter((workload) => chosen.includes(workload))
}

function chosenSubjects(names: string): readonly Subject[] {
  return [...new Set(names.split(','))].map((name) => {
    const found = SUBJECTS.find((subject) => subject.name === name)
    if (found === undefined) throw new OptionError(`no subject is called "${name}"; see --list`)
    return found
  })
}

function positive(
  name: string,
  text: string,
  fits: (value: number) => boolean = Number.isFinite,
): number {
  const value = Number(text)
  if (!fits(value) || value <= 0)
    throw new OptionError(`--${name} takes a number above 0, not "${text}"`)
  return value
}
