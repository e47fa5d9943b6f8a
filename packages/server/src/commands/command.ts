import { databaseUrlOf } from '../config.ts'
import { DatabaseOpenError } from '../db/errors.ts'
import { runDoctor } from './doctor.ts'
import { runNewEpoch } from './new-epoch.ts'

const COMMANDS = { doctor: runDoctor, 'new-epoch': runNewEpoch }

const USAGE = `Usage: tidings-server              starts the server
       tidings-server doctor       looks into everything that must hold in the database, and changes nothing;
                                   runs beside a server. Exits with 0 when all is well, else with 1
       tidings-server new-epoch    after a database was restored from a copy: makes every client compare anew
       --json                      results as one JSON object

The database is that of DATABASE_URL, as for the server (default file:./data/tidings.db).
`

/** Where a command writes to, and what it reads of the process. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** Runs a command other than the server itself; answers the exit code. */
export async function runCommand(
  words: readonly string[],
  { environment, out, err }: Surroundings,
): Promise<number> {
  const [name = '', ...flags] = words
  if (name === '--help' || name === '-h' || name === 'help') {
    out(USAGE)
    return 0
  }
  const run = isCommand(name) ? COMMANDS[name] : undefined
  const unknown = run === undefined ? name : flags.find((flag) => flag !== '--json')
  if (run === undefined || unknown !== undefined) {
    err(`tidings: "${unknown ?? name}" is not known\n${USAGE}`)
    return 1
  }
  const { url, problems } = databaseUrlOf(environment)
  if (url === undefined) {
    for (const problem of problems) err(`tidings: ${problem}\n`)
    return 1
  }
  try {
    return await run({ databaseUrl: url, json: flags.length > 0, write: out })
  } catch (error) {
    if (!(error instanceof DatabaseOpenError)) throw error
    err(`tidings: ${error.message}\n`)
    return 1
  }
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name)
}
