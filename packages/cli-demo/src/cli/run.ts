import {
  createClient,
  isTidingsError,
  TidingsError,
  type Kinds,
  type TidingsClient,
} from '@tidings/sdk'
import { CommanderError, type Command as Commander } from 'commander'
import { openProfile, type Profile } from '../profile/profile.ts'
import type { Terminal } from '../screen/terminal.ts'
import type { Call, Command } from './command.ts'
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts'
import { Failure, reportOf, ToldFailure, usage } from './failure.ts'
import { createInput } from './input.ts'
import { Options } from './options.ts'
import { createOutput, type Output } from './output.ts'
import { createPaint, wantsColour } from './paint.ts'
import { createProgram, type CommandGroup } from './program.ts'

/** The process that the program runs in, or what stands for it. */
export interface Surroundings {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly interrupted: AbortSignal
}

export interface RunOptions {
  readonly groups: readonly CommandGroup[]
  readonly version: string
}

/** Runs the command line and answers the exit code. */
export async function runProgram(
  around: Surroundings,
  { groups, version }: RunOptions,
): Promise<number> {
  const out = outputOf(around)
  const program = (): Commander =>
    createProgram({
      groups,
      version,
      run: (command, words, options) => runCommand(around, out, { command, words, options }),
      output: {
        writeOut: (text) => around.stdout.write(text),
        // What commander has to say about a wrong command line is told once, with its code, by `failure`.
        writeErr: () => undefined,
      },
    })
  const { args } = around
  try {
    if (args.length === 0) {
      if (!out.json) around.stderr.write(`${program().helpInformation()}\n`)
      throw usage('A command is missing. See: tidings --help')
    }
    await program()
      .parseAsync([...args], { from: 'user' })
      .catch((thrown: unknown) => {
        // `groups` and `sessions` alone. As commander's own default, `list` would swallow every misspelt command.
        if (!isCommandMissing(thrown)) throw thrown
        return program().parseAsync([...args, 'list'], { from: 'user' })
      })
    return EXIT_CODES.ok
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT_CODES.ok
    if (thrown instanceof ToldFailure) return exitCodeOf(thrown.code)
    const report = thrown instanceof CommanderError ? usageReport(thrown) : reportOf(thrown)
    out.failure(report)
    return exitCodeOf(report.code)
  }
}

function isCommandMissing(thrown: unknown): boolean {
  return (
    thrown instanceof CommanderError && thrown.code === 'commander.help' && thrown.exitCode !== 0
  )
}

function usageReport({ code, message }: CommanderError) {
  const said = code === 'commander.help' ? 'A command is missing.' : message.replace(/^error: /, '')
  return { code: 'USAGE', message: `${said.replaceAll('\n', ' ')} See: tidings --help` } as const
}

/** Known before the command line is read: it may be wrong, and that must be told as asked for. */
function outputOf({ args, environment, stdout, stderr }: Surroundings): Output {
  const end = args.indexOf('--')
  const json = (end === -1 ? args : args.slice(0, end)).includes('--json')
  const paint = createPaint(!json && wantsColour(environment, stdout.isTTY))
  return createOutput({ stdout, stderr }, { json, paint })
}

interface Run {
  readonly command: Command
  readonly words: readonly unknown[]
  readonly options: Readonly<Record<string, unknown>>
}

async function runCommand(
  around: Surroundings,
  out: Output,
  { command, words, options: values }: Run,
): Promise<void> {
  const options = new Options(values)
  const { environment, interrupted } = around
  const profile = profileOf(options, environment)
  const seconds = options.count('timeout')
  const callTimeoutMs = seconds === undefined ? undefined : seconds * 1000
  const clients = clientsOf(profile, callTimeoutMs)
  const call: Call = {
    ...wordsOf(command, words),
    options,
    out,
    input: createInput(
      around.stdin,
      around.stderr,
      () => new Failure('INTERRUPTED', 'interrupted'),
    ),
    terminal: terminalOf(around),
    profile,
    callTimeoutMs,
    client: clients.client,
    clientWith: clients.clientWith,
    interrupted,
    environment,
  }
  try {
    const running = command.run(call)
    await (command.endsItself === true
      ? running
      : Promise.race([running, interruption(interrupted)]))
  } catch (thrown) {
    if (!isTidingsError(thrown) || thrown.code !== 'NETWORK') throw thrown
    throw new Failure('NETWORK', `No answer from ${profile.url}. ${thrown.message}`)
  } finally {
    await clients.close()
  }
}

function profileOf(options: Options, environment: Surroundings['environment']): Profile {
  return openProfile({
    name: options.text('profile') ?? set(environment['TIDINGS_PROFILE']) ?? 'default',
    url: options.text('url') ?? set(environment['TIDINGS_URL']),
    environment,
  })
}

function terminalOf({ stdin, stdout }: Surroundings): Terminal | undefined {
  return stdin.isTTY && stdout.isTTY ? { stdin, stdout } : undefined
}

/** What a command opens, to be closed with it. */
function clientsOf(profile: Profile, callTimeoutMs: number | undefined) {
  const opened: { close(): Promise<void> }[] = []
  let client: TidingsClient | undefined
  /** @throws TidingsError UNAUTHENTICATED before anybody is asked who could only say the same */
  const clientWith = <K extends Kinds>(kinds: K): TidingsClient<K> => {
    if (profile.tokens.load() === undefined) throw new TidingsError('UNAUTHENTICATED')
    const made = createClient({
      url: profile.url,
      tokens: profile.tokens,
      // What a command prints is nowhere kept: saying that it has arrived is not for a command to do.
      delivered: 'manual',
      callTimeoutMs,
      kinds,
    })
    opened.push(made)
    return made
  }
  return {
    client: () => (client ??= clientWith({})),
    clientWith,
    async close(): Promise<void> {
      await Promise.all(opened.map((one) => one.close()))
    },
  }
}

function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new Failure('INTERRUPTED', 'interrupted'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

function set(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

/** commander hands over one word an argument, and a list for the one that takes many. */
function wordsOf(
  { args = [] }: Command,
  words: readonly unknown[],
): Pick<Call, 'arg' | 'optionalArg' | 'words'> {
  const wordFor = (name: string): unknown =>
    words[args.findIndex((argument) => argument.name === name)]
  const optionalArg = (name: string): string | undefined => {
    const word = wordFor(name)
    return typeof word === 'string' ? word : undefined
  }
  return {
    optionalArg,
    arg: (name) => optionalArg(name) ?? '',
    words(name) {
      const many = wordFor(name)
      return Array.isArray(many) ? many.map(String) : []
    },
  }
}
