import { Argument as Word, Command as Commander, Option as Switch } from 'commander'
import type { Argument, Command, Option } from './command.ts'
import { EXIT_CODES, EXIT_MEANINGS } from './exit-codes.ts'

/** Commands that belong together in the help. */
export interface CommandGroup {
  readonly title: string
  readonly commands: readonly Command[]
}

/** What every command takes. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  { flags: '--json', about: 'print one JSON object a line, and errors as JSON on stderr' },
  {
    flags: '--profile <name>',
    about: 'which sign-in of this machine (TIDINGS_PROFILE, “default”)',
  },
  { flags: '--url <address>', about: 'the server (TIDINGS_URL, else the one signed in at)' },
  { flags: '--timeout <seconds>', about: 'how long an answer may take (15)' },
]

/** Runs a command with its words, in the order of its arguments, and its options. */
export type Runner = (
  command: Command,
  words: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>

/** Where help goes. */
export interface ProgramOutput {
  readonly writeOut: (text: string) => void
  readonly writeErr: (text: string) => void
}

export interface ProgramOptions {
  readonly groups: readonly CommandGroup[]
  readonly version: string
  readonly run: Runner
  readonly output: ProgramOutput
}

/**
 * The command line, made of the commands' descriptions. Built on commander rather than citty: it has no dependencies, loads
 * in 20 ms, and brings what a person at a terminal misses first, suggestions for misspelt commands and options, refusal of
 * superfluous words, and `exitOverride`, without which exit codes could not be ours.
 */
export function createProgram({ groups, version, run, output }: ProgramOptions): Commander {
  const program = new Commander('tidings')
    .description('A terminal client of a Tidings server.')
    .version(version, '-v, --version')
    .configureOutput(output)
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', () => rootHelp())
  addOptions(program, GLOBAL_OPTIONS)
  for (const { title, commands } of groups) {
    for (const command of commands) {
      const [first = '', second] = command.name.split(' ')
      const parent = second === undefined ? program : parentOf(program, first, title)
      const child = second === undefined ? program.command(first) : parent.command(second)
      describe(child, command).helpGroup(second === undefined ? title : 'Commands:')
      child.action((...given: unknown[]) => run(command, given, child.optsWithGlobals()))
    }
  }
  return program
}

function parentOf(program: Commander, name: string, title: string): Commander {
  const found = program.commands.find((command) => command.name() === name)
  if (found !== undefined) return found
  const parent = program.command(name).description(`manage your ${name}`).helpGroup(title)
  return parent.addHelpText('after', `\nWithout a command: tidings ${name} list`)
}

function describe(
  child: Commander,
  { summary, args, options, examples, notes }: Command,
): Commander {
  child.description(summary)
  for (const argument of args ?? []) child.addArgument(wordOf(argument))
  addOptions(child, options ?? [])
  if (notes !== undefined) child.addHelpText('after', `\n${notes}`)
  const lines = examples.map((example) => `  $ tidings ${example}`)
  return child.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}

function wordOf({ name, about, optional, many, choices }: Argument): Word {
  const inner = many === true ? `${name}...` : name
  const word = new Word(optional === true ? `[${inner}]` : `<${inner}>`, about)
  return choices === undefined ? word : word.choices(choices)
}

function addOptions(command: Commander, options: readonly Option[]): void {
  for (const { flags, about, choices } of options) {
    const option = new Switch(flags, about)
    command.addOption(choices === undefined ? option : option.choices(choices))
  }
}

function rootHelp(): string {
  const endings = Object.values(EXIT_CODES)
    .map((code, index) => `  ${String(code).padEnd(5)}${Object.values(EXIT_MEANINGS)[index] ?? ''}`)
    .join('\n')
  return `
Two people in five lines:
  $ tidings register ann                      (asks for a password)
  $ tidings --profile bob register bob
  $ tidings send @bob "Hungry?"
  $ tidings --profile bob history @ann
  $ tidings chat @bob

A conversation is named by its id, by @user, or by the name of a group.

Exit codes:
${endings}`
}
