import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Clock ticks of /proc/<pid>/stat in a second: Linux shows 100 whatever the kernel uses. */
const TICKS_PER_SECOND = 100

/** The server gets the first core for itself where there are two; elsewhere the figures say less. */
export const isPinned: boolean =
  availableParallelism() >= 2 && spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0

const SERVER_CORE = '0'
const OWN_CORE = '1'

/** Keeps this process, which is the load, off the server's core. */
export function pinOwn(): void {
  if (isPinned) pin(process.pid, OWN_CORE)
}

/** Puts a process that runs already onto the server's core, with all its threads. */
export function pinServer(pid: number): void {
  if (isPinned) pin(pid, SERVER_CORE)
}

function pin(pid: number, core: string): void {
  spawnSync('taskset', ['-apc', core, String(pid)], { stdio: 'ignore' })
}

/** Starts a Node program on the server's core. */
export function spawnServer(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const command = [process.execPath, ...args]
  const [program = '', ...rest] = isPinned ? ['taskset', '-c', SERVER_CORE, ...command] : command
  return spawn(program, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** CPU seconds that processes have used so far, system calls included. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
}

function cpuSeconds(pid: number): number {
  const stat = readProc(pid, 'stat')
  // The name, in brackets, may hold anything; user and system time are the 12th and 13th field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** A process and those that it has started, and so on. */
export function withChildren(pid: number): readonly number[] {
  const children = readProc(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(withChildren)]
}

/** Memory of a process, bytes; what it shares with others counts in part. */
export function memoryOf(pid: number): number {
  const line = /^Pss:\s+(\d+) kB$/m.exec(readProc(pid, 'smaps_rollup'))
  return Number(line?.[1] ?? 0) * 1024
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
