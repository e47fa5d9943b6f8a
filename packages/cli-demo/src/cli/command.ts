import type { Kinds, TidingsClient } from '@tidings/sdk'
import type { Terminal } from '../screen/terminal.ts'
import type { Profile } from '../profile/profile.ts'
import type { Input } from './input.ts'
import type { Options } from './options.ts'
import type { Output } from './output.ts'

/** One of a command's words that is not an option. */
export interface Argument {
  readonly name: string
  readonly about: string
  readonly optional?: boolean | undefined
  /** Takes every further word. Only the last one may. */
  readonly many?: boolean | undefined
  /** The words to choose from. */
  readonly choices?: readonly string[] | undefined
}

/** An option of a command. */
export interface Option {
  /** `--limit <n>`; one without a value is a switch. */
  readonly flags: string
  readonly about: string
  readonly choices?: readonly string[] | undefined
}

/** What `--json` prints: the fields of the object on each line, and what it is. */
export interface Shape {
  readonly what: string
  readonly fields: readonly string[]
}

/** A command: how it is called, what it does, what it prints. Help, completion and documentation are made of it. */
export interface Command {
  /** With its group in front: `groups create`. */
  readonly name: string
  readonly summary: string
  readonly args?: readonly Argument[] | undefined
  readonly options?: readonly Option[] | undefined
  /** Without the program's name. */
  readonly examples: readonly string[]
  /** What is worth knowing beyond the summary. */
  readonly notes?: string | undefined
  readonly shapes: readonly Shape[]
  /** Ends by itself, and in good order, when it is interrupted; others are left where they are. */
  readonly endsItself?: boolean | undefined
  run(call: Call): Promise<void>
}

/** One call of a command. */
export interface Call {
  /** The word for an argument; one that is not optional is always there. */
  readonly arg: (name: string) => string
  /** The word for an optional argument. */
  readonly optionalArg: (name: string) => string | undefined
  /** The words for an argument that takes many. */
  readonly words: (name: string) => readonly string[]
  readonly options: Options
  readonly out: Output
  readonly input: Input
  /** Undefined unless both ends are a terminal. */
  readonly terminal: Terminal | undefined
  readonly profile: Profile
  /** The client of this profile's user, made at the first call. */
  readonly client: () => TidingsClient
  /** Another one, with an app's own kinds. It ends with the command, as `client` does. */
  readonly clientWith: (kinds: Kinds) => TidingsClient<Kinds>
  /** How long an answer may take, where the command line says so. */
  readonly callTimeoutMs: number | undefined
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly interrupted: AbortSignal
  readonly environment: Readonly<Record<string, string | undefined>>
}
