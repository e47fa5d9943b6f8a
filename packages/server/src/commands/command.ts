import { databaseUrlOf } from '../load-config.ts'
import { DatabaseOpenError } from '../db/errors.ts'
import { runAdminLink } from './admin-link.ts'
import { runDoctor } from './doctor.ts'
import { runMakeAdmin } from './make-admin.ts'
import { runNewEpoch } from './new-epoch.ts'
import { runRebuildSearch } from './rebuild-search.ts'
import type { CommandOptions } from './options.ts'

/** A command, how many words it takes and which flags besides `--json`. */
interface Command {
  readonly run: (options: CommandOptions) => Promise<number>
  readonly words?: number
  readonly flags?: readonly string[]
}

const COMMANDS = {
  doctor: { run: runDoctor },
  'new-epoch': { run: runNewEpoch },
  'rebuild-search': { run: runRebuildSearch },
  'admin-link': { run: runAdminLink },
  'make-admin': { run: runMakeAdmin, words: 1, flags: ['--undo'] },
} satisfies Record<string, Command>

const USAGE = `Usage: tidings-server              starts the server
       tidings-server doctor       looks into everything that must hold in the database, and changes nothing;
                                   runs beside a server. Exits with 0 when all is well, else with 1
       tidings-server new-epoch    after a database was restored from a copy: makes every client compare anew
       tidings-server admin-link   prints a link by which the first administrator takes the office; good once, for an hour.
                                   Changes nothing; beside a server, with its environment
       tidings-server rebuild-search
                                   throws away what is searched; the next server makes it anew
       tidings-server make-admin <username> [--undo]
                                   gives a user the office of an administrator, or takes it from him; beside a server too
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
  const [name = '', ...rest] = words
  if (name === '--help' || name === '-h' || name === 'help') {
    out(USAGE)
    return 0
  }
  const command: Command | undefined = isCommand(name) ? COMMANDS[name] : undefined
  const problem = command === undefined ? `"${name}" is not known` : problemWith(command, rest)
  if (command === undefined || problem !== undefined) {
    err(`tidings: ${problem}\n${USAGE}`)
    return 1
  }
  const { url, problems } = databaseUrlOf(environment)
  if (url === undefined) {
    for (const problem of problems) err(`tidings: ${problem}\n`)
    return 1
  }
  try {
    return await command.run({
      databaseUrl: url,
      environment,
      json: rest.includes('--json'),
      words: rest.filter(isWord),
      flags: new Set(rest),
      fail: (reason) => err(`tidings: ${reason}\n`),
      write: out,
    })
  } catch (error) {
    if (!(error instanceof DatabaseOpenError)) throw error
    err(`tidings: ${error.message}\n`)
    return 1
  }
}

function problemWith(
  { words = 0, flags = [] }: Command,
  rest: readonly string[],
): string | undefined {
  const given = rest.filter(isWord)
  const unknown =
    rest.find((word) => !isWord(word) && word !== '--json' && !flags.includes(word)) ?? given[words]
  if (unknown !== undefined) return `"${unknown}" is not known`
  return given.length < words ? 'a word is missing' : undefined
}

function isWord(word: string): boolean {
  return !word.startsWith('--')
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name)
}
