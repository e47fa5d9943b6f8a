// Makes a clone ready and then runs one of its programs in this same process, so that signals and exit codes need no
// passing on: node scripts/prepare.mjs [--build] [program.js [arguments]]
//
// It runs before anything is installed: plain Node, no dependencies, syntax that old Nodes can parse up to the version check.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { installEnvironment } from './install-environment.mjs'

const PNPM = 'pnpm@12.21.0'
const OLDEST_NODE = [20, 19]
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, 'node_modules', '.tidings-installed')
const windows = process.platform === 'win32'

function fail(...lines) {
  for (const line of lines) console.error(line)
  process.exit(1)
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  fail(
    `Tidings needs Node ${OLDEST_NODE.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).`,
  )
}

/** What an install depends on: the lockfile, every manifest, and the ABI that native addons are compiled for. */
function installStamp() {
  const packages = join(root, 'packages')
  const manifests = readdirSync(packages).map((name) => join(packages, name, 'package.json'))
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].map((file) =>
    join(root, file),
  )
  const hash = createHash('sha256')
  for (const file of [...files, ...manifests.sort()].filter((path) => existsSync(path)))
    hash.update(readFileSync(file))
  return {
    manifests: hash.digest('hex'),
    abi: `${process.platform}-${process.arch}-${process.versions.modules}`,
  }
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return {}
  }
}

function pnpm(...args) {
  const run = spawnSync('npx', ['-y', PNPM, ...args], {
    cwd: root,
    env: installEnvironment(),
    shell: windows,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (run.signal) process.kill(process.pid, run.signal)
  return run.status === 0
}

function isOnPath(...commands) {
  return commands.some(
    (command) => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0,
  )
}

/** Debian's package names of what compiling better-sqlite3 needs and this machine lacks. */
function missingTools() {
  return [
    isOnPath('python3', 'python') ? [] : ['python3'],
    isOnPath('make', 'gmake') ? [] : ['make'],
    isOnPath('g++', 'c++', 'clang++') ? [] : ['g++'],
  ].flat()
}

function explainFailedInstall() {
  const missing = windows ? [] : missingTools()
  if (missing.length === 0) fail('The installation failed; the lines above say why.')
  fail(
    '',
    `The installation failed, and ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing on this machine.`,
    'better-sqlite3 must be compiled where its ready-made binary cannot be downloaded. Install them and try again:',
    `  Debian, Ubuntu:  apt-get install ${missing.join(' ')}`,
    '  macOS:           xcode-select --install',
  )
}

/** In a process of its own: one that has loaded an addon in vain never gets the new one. */
function addonLoads() {
  const probe = "new (require('better-sqlite3'))(':memory:').close()"
  const cwd = join(root, 'packages', 'server')
  return spawnSync(process.execPath, ['-e', probe], { cwd, stdio: 'ignore' }).status === 0
}

function install() {
  const wanted = installStamp()
  const found = readStamp()
  if (found.manifests === wanted.manifests && found.abi === wanted.abi) return
  console.error(
    found.manifests === undefined
      ? 'Installing (the first time takes up to two minutes) ...'
      : 'Installing what changed ...',
  )
  if (!pnpm('install', '--frozen-lockfile')) explainFailedInstall()
  // Another Node than the one that installed: the addon must be compiled again, which an install does not notice.
  if (!addonLoads() && !(pnpm('rebuild', 'better-sqlite3') && addonLoads())) explainFailedInstall()
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, JSON.stringify(wanted))
}

/** The packages whose programs start the command. */
const WITH_COMMAND = ['packages/server', 'packages/bench']

/**
 * The package that `program` belongs to, with all that it refers to; every package when it belongs to none. With the server
 * come its command in one file and its page: bundled only when something has changed.
 */
async function build(program) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const [own] = /^packages\/[^/]+/.exec(program ?? '') ?? []
  const all = ['protocol', 'server', 'sdk', 'cli-demo'].map((name) => `packages/${name}`)
  const projects = own ? [own] : all
  const run = spawnSync(process.execPath, [compiler, '-b', ...projects], {
    cwd: root,
    stdio: 'inherit',
  })
  if (run.status !== 0) fail('The build failed; the lines above say where.')
  if (own !== undefined && !WITH_COMMAND.includes(own)) return
  const { buildCommand } = await import('./build-command.mjs')
  await buildCommand().catch((error) => fail(`The command was not bundled: ${error.message}`))
  if (own === 'packages/bench') return
  const { buildPlayground } = await import('./build-playground.mjs')
  await buildPlayground().catch(() =>
    fail('The playground was not built; the lines above say why.'),
  )
}

/**
 * npm puts a shell in between, and a SIGTERM to npm ends that shell without reaching this process: a server would stay
 * behind, holding its port. Being orphaned is the sign. A program that was told already is not told again: a second signal
 * means "at once".
 */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const heard = new Set()
  let isStopping = false
  const hear = (signal) => {
    // Only beside a listener of the program's own: a first listener would take away what the signal does by itself.
    if (heard.has(signal) || process.listenerCount(signal) === 0) return
    heard.add(signal)
    process.on(signal, () => (isStopping = true))
  }
  const watch = setInterval(() => {
    if (process.ppid === parent) return ['SIGINT', 'SIGTERM'].forEach(hear)
    clearInterval(watch)
    if (!isStopping) process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}

/** Hands the process over: the program sees itself as the one that was started. */
async function run(program, args) {
  stopWithNpm()
  const file = resolve(root, program)
  process.argv = [process.execPath, file, ...args]
  await import(pathToFileURL(file).href)
}

requireNode()
const [first, ...others] = process.argv.slice(2)
const wantsBuild = first === '--build'
const [program, ...programArgs] = wantsBuild ? others : process.argv.slice(2)
install()
if (wantsBuild) await build(program)
if (program) await run(program, programArgs)
