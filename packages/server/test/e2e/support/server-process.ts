import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { watchLines } from '../../support/leaks.ts'

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A `tidings-server` in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number
  /** Everything that it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string }
  readonly exited: Promise<Exit>
  /** Sends it a signal and waits for its end. */
  end(signal: NodeJS.Signals): Promise<Exit>
}

/** One that serves. */
interface ListeningProcess extends ServerProcess {
  readonly url: string
  readonly port: number
}

export type Environment = Readonly<Record<string, string>>

/** The same for every process, as Postgres asks for. */
const SECRET = 'a secret of many processes that is long enough 0123456789'

/** So generous that no test meets a limit that it is not about. */
const GENEROUS: Environment = {
  LIMIT_CALLS_PER_SECOND: '100000',
  LIMIT_CALLS_BURST: '1000000',
  LIMIT_MESSAGES_PER_SECOND: '100000',
  LIMIT_MESSAGES_BURST: '1000000',
  LIMIT_IP_CALLS_PER_SECOND: '100000',
  LIMIT_IP_CALLS_BURST: '1000000',
  LIMIT_REGISTRATIONS_PER_IP: '1000',
}

const workspace = fileURLToPath(new URL('../../../../../', import.meta.url))

/** For a machine with much else to do, milliseconds. */
const START_MS = 120_000

/** One that has been started. */
export interface Spawned extends ServerProcess {
  /** Resolves when what it has written fits, or it writes no more. */
  wrote(fits: RegExp): Promise<RegExpExecArray | null>
}

/** Starts the command with these variables and no others. It may well end by itself. */
export async function spawnServer(
  environment: Environment,
  words: readonly string[] = [],
): Promise<Spawned> {
  return spawnNode([await bundledCommand(), ...words], environment)
}

/** Starts a server that is a program of its own. Given up, it throws when a secret is in what it has written. */
export function spawnNode(command: readonly string[], environment: Environment): Spawned {
  const child = spawn(process.execPath, command, {
    cwd: workspace,
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid, stdout, stderr } = child
  if (pid === undefined) throw new Error('the server process could not be started')
  const written = { stdout: '', stderr: '' }
  stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text))
  stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text))
  const leaks: string[] = []
  const { TIDINGS_SECRET } = environment
  const secrets = TIDINGS_SECRET === undefined ? [] : TIDINGS_SECRET.split(',')
  watchLines([stdout, stderr], secrets, (line) => leaks.push(line))
  const exited = once(child, 'close').then(
    ([code, signal]: unknown[]) => ({ code, signal }) as Exit,
  )
  const end = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal)
    return exited
  }
  return {
    pid,
    output: () => written,
    exited,
    end,
    async wrote(fits) {
      let found = fits.exec(written.stdout)
      while (found === null && stdout.readable) {
        await Promise.race([once(stdout, 'data'), exited])
        found = fits.exec(written.stdout)
      }
      return found
    },
    async [Symbol.asyncDispose]() {
      await end('SIGKILL')
      if (leaks.length > 0) throw new Error(`[OBS4] secrets were written: ${leaks.join('\n')}`)
    },
  }
}

/** Starts a server and waits until it serves. */
export async function startServerProcess(
  environment: Environment & { readonly DATABASE_URL: string },
): Promise<ListeningProcess> {
  const server = await spawnServer({
    PORT: '0',
    TIDINGS_SECRET: SECRET,
    ...GENEROUS,
    ...environment,
  })
  const deadline = setTimeout(() => void server.end('SIGKILL'), START_MS)
  const url = (await server.wrote(/listens on (http:\S+)/))?.[1]
  clearTimeout(deadline)
  if (url === undefined) {
    const { stdout, stderr } = server.output()
    throw new Error(
      `the server does not serve: ${JSON.stringify(await server.exited)}\n${stdout}${stderr}`,
    )
  }
  return Object.assign(server, { url, port: Number(new URL(url).port) })
}

/** The command as `npm run build` bundles it, from the sources as they are now. */
export function bundledCommand(): Promise<string> {
  program ??= bundle()
  return program
}

async function bundle(): Promise<string> {
  const place = fileURLToPath(new URL('../../../', import.meta.url))
  // As deep below the package as the built one: the migrations are found from there. Removed at the end of the run, as what
  // lies in the run's own folder.
  const parent = join(place, 'node_modules')
  mkdirSync(parent, { recursive: true })
  // One for all workers: who comes second finds it built.
  const folder = join(parent, `.${basename(inject('runFolder'))}-command`)
  const script = join(place, '../../scripts/build-command.mjs')
  await promisify(execFile)(process.execPath, [script, folder])
  return join(folder, 'main.js')
}

let program: Promise<string> | undefined
