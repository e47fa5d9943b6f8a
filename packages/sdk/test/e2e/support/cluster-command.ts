import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { holdsSecret, watchLines } from '../../../../server/test/support/leaks.ts'
import { createChanges, type Changes } from './changes.ts'

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url))
/** With a build before it, on a machine with much else to do, milliseconds. */
const START_MS = 240_000

/** A node, as the cluster names it when it has started. */
export interface ClusterNode {
  readonly name: string
  readonly url: string
  readonly pid: number
}

/** `npm run cluster` in a process group of its own, as a terminal would run it. */
export interface Cluster extends AsyncDisposable {
  /** Of the reverse proxy. */
  readonly url: string
  readonly databaseUrl: string
  readonly nodes: readonly ClusterNode[]
  /** Resolves when it has printed this. */
  printed(what: RegExp, ms?: number): Promise<void>
  /** Everything that runs for it now. */
  pids(): readonly number[]
  /** Ctrl-C: the signal goes to the whole group, as from a terminal. */
  interrupt(): Promise<void>
  /** Kills the script alone. */
  kill(): Promise<void>
}

/** An empty folder that also Postgres' own user can look into. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-test-'))
  chmodSync(folder, 0o755)
  return folder
}

/** Starts it on any port, its temporary files in `temporary`, and waits until it serves. */
export async function openCluster(temporary: string, ...options: string[]): Promise<Cluster> {
  const args = ['scripts/prepare.mjs', '--build', 'scripts/cluster.mjs', ...options]
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, PORT: '0', TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const leaks: string[] = []
  watchLines([child.stdout, child.stderr], [], (line) => leaks.push(line))
  const changes = createChanges()
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      changes.note()
    })
  const closed = once(child, 'exit').then(changes.note)
  const { pid = 0 } = child
  const end = async (target: number, signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(target, signal)
    await closed
  }
  const cluster = {
    printed: (what: RegExp, ms?: number) => printed({ changes, text: () => output }, what, ms),
    pids: () => [pid, ...descendantsOf(pid)],
    interrupt: () => end(-pid, 'SIGINT'),
    kill: () => end(pid, 'SIGKILL'),
    async [Symbol.asyncDispose]() {
      leaks.push(...logsOf(output).filter((log) => holdsSecret(log, [])))
      await end(pid, 'SIGKILL')
      if (leaks.length > 0) throw new Error(`[OBS4] secrets were written: ${leaks.join('\n')}`)
    },
  }
  try {
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null
    await changes.until('the cluster', () => hasEnded() || /Ctrl\+C/.test(output), START_MS)
    return { ...cluster, ...announced(output) }
  } catch (error) {
    await cluster.kill()
    throw new Error(output, { cause: error })
  }
}

async function printed(
  { changes, text }: { changes: Changes; text(): string },
  what: RegExp,
  ms = 120_000,
): Promise<void> {
  await changes.until(String(what), () => what.test(text()), ms)
}

function announced(output: string): Pick<Cluster, 'url' | 'databaseUrl' | 'nodes'> {
  const url = /runs at (http:\S+):/.exec(output)?.[1]
  const databaseUrl = /(postgres:\S+)/.exec(output)?.[1]
  const lines = output.matchAll(/(node \d+) +(http:\S+) +pid (\d+)/g)
  const nodes = [...lines].map(([, name = '', place = '', pid]) => ({
    name,
    url: place,
    pid: Number(pid),
  }))
  if (url === undefined || databaseUrl === undefined) throw new Error('it has not started')
  return { url, databaseUrl, nodes }
}

/** What the nodes have written, while the folder is there that it has named. */
function logsOf(output: string): string[] {
  const folder = /Files +(\S+)/.exec(output)?.[1] ?? ''
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.log'))
  return names.map((name) => readFileSync(join(folder, name), 'utf8'))
}

/** As Linux tells it. A process that has ended, and that nobody has asked about yet, is none. */
function processes(): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state !== 'Z') found.set(Number(name), Number(parent))
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}

function descendantsOf(pid: number): readonly number[] {
  const parents = processes()
  const isBelow = (child: number): boolean => {
    const parent = parents.get(child)
    return parent !== undefined && (parent === pid || isBelow(parent))
  }
  return [...parents.keys()].filter(isBelow)
}

/** Those of them that still run. */
export function stillRunning(pids: readonly number[]): readonly number[] {
  const found = processes()
  return pids.filter((pid) => found.has(pid))
}
