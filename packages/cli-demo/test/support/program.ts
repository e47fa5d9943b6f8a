import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { inject } from 'vitest'
import { runProgram } from '../../src/cli/run.ts'
import { COMMAND_GROUPS } from '../../src/commands/all.ts'

const SOURCE = fileURLToPath(new URL('../../src/tidings.ts', import.meta.url))
const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url))

/** The program as one file: it starts in a fifth of the time that it takes from its sources. */
export interface Built extends AsyncDisposable {
  readonly file: string
}

/** Builds it where its packages are found. */
export async function buildProgram(): Promise<Built> {
  const cache = join(MODULES, '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'tidings-'))
  await build({
    entryPoints: [SOURCE],
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@tidings/source'],
    external: ['commander', 'ink', 'react', 'string-width'],
    // The program looks for its manifest beside its sources; ws asks for Node's modules by `require`.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(SOURCE).href) },
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(pathToFileURL(SOURCE).href)});`,
    },
    logLevel: 'error',
  })
  return {
    file: join(folder, 'tidings.js'),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** A program that is running. */
export interface Running {
  readonly child: ReturnType<typeof spawn>
  readonly done: Promise<Outcome>
  /** Resolves when stdout holds so many lines. */
  lines(count: number): Promise<readonly string[]>
}

/** The folder of a test's profiles, and the program that uses it. */
export interface Machine extends AsyncDisposable {
  readonly config: string
  readonly env: Readonly<Record<string, string>>
  /** Runs the program to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Starts it; without `stdin` its input stays open. */
  start(args: readonly string[], options?: RunOptions): Running
  /** Runs the same in this process, without its start of half a second on a small machine. */
  runHere(args: readonly string[], options?: RunOptions): Promise<Outcome>
  /** {@link runHere} with --json; reads the lines. It must succeed. */
  json(args: readonly string[], options?: RunOptions): Promise<readonly Json[]>
}

/** An object that the program printed. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into what was printed
export type Json = Record<string, any>

/** A machine without a profile, against one server. */
export function openMachine(file: string, url: string): Machine {
  const config = mkdtempSync(join(inject('runFolder'), 'cli-'))
  const env = {
    XDG_CONFIG_HOME: config,
    TIDINGS_URL: url,
    PATH: process.env['PATH'] ?? '',
    NO_COLOR: '1',
    TZ: 'UTC',
  }
  const start = (args: readonly string[], options: RunOptions = {}): Running => {
    const child = spawn(process.execPath, [file, ...args], { env: { ...env, ...options.env } })
    if (options.stdin !== undefined) child.stdin.end(options.stdin)
    return { child, done: outcomeOf(child), lines: (count) => lineCount(child, count) }
  }
  const run = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
    start(args, { stdin: '', ...options }).done
  const here = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
    runHere(args, { ...options, env: { ...env, ...options.env } })
  return {
    config,
    env,
    start,
    run,
    runHere: here,
    async json(args, options) {
      const { code, stdout, stderr } = await here([...args, '--json'], options)
      if (code !== 0) throw new Error(`tidings ${args.join(' ')} ended with ${code}: ${stderr}`)
      return linesOf(stdout).map((line) => JSON.parse(line) as Json)
    },
    async [Symbol.asyncDispose]() {
      rmSync(config, { recursive: true, force: true })
    },
  }
}

async function runHere(
  args: readonly string[],
  { env = {}, stdin = '' }: RunOptions,
): Promise<Outcome> {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  input.end(stdin)
  const printed = Promise.all([text(output), text(errors)])
  const code = await runProgram(
    {
      args,
      environment: env,
      stdin: input as unknown as NodeJS.ReadStream,
      stdout: output as unknown as NodeJS.WriteStream,
      stderr: errors as unknown as NodeJS.WriteStream,
      interrupted: new AbortController().signal,
    },
    { groups: COMMAND_GROUPS, version: '0.0.0' },
  )
  output.end()
  errors.end()
  const [stdout, stderr] = await printed
  return { code, stdout, stderr }
}

/** Lines without their ends. */
export function linesOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '')
}

async function outcomeOf(child: ReturnType<typeof spawn>): Promise<Outcome> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('no pipes')
  const [out, err, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')])
  return { code: code as number | null, stdout: out, stderr: err }
}

function lineCount(child: ReturnType<typeof spawn>, count: number): Promise<readonly string[]> {
  return new Promise((resolve) => {
    let seen = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      if (linesOf(seen).length >= count) resolve(linesOf(seen))
    })
  })
}
