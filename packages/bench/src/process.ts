import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Clock ticks of /proc in a second: Linux shows 100 whatever the kernel uses. */
const TICKS_PER_SECOND = 100

/** The cores that this process may use, as Linux numbers them; none where there is no /proc. */
const allowed = coresOf(/^Cpus_allowed_list:\s*(\S+)$/m.exec(read('/proc/self/status'))?.[1] ?? '')

/** Everything is read from /proc: CPU time and memory of other processes. */
export const isMeasurable: boolean = allowed.length > 0

const has = (program: string): boolean =>
  spawnSync(program, ['-V'], { stdio: 'ignore' }).status === 0

/** The server gets one core for itself where there are two; elsewhere the figures say less. */
export const isPinned: boolean = allowed.length >= 2 && has('taskset')

const [serverCore = 0, ownCore = 0] = allowed

/** The kernel ends what is started when its parent dies, however it dies. */
const mortal = isMeasurable && has('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : []

/** Before a command, keeps what it starts on the server's core. */
export const onServerCore: readonly string[] = isPinned ? ['taskset', '-c', String(serverCore)] : []

/** Keeps this process, which is the load, off the server's core. */
export function pinOwn(): void {
  if (isPinned)
    spawnSync('taskset', ['-apc', String(ownCore), String(process.pid)], { stdio: 'ignore' })
}

/** V8 gives its pages back in threads beside. */
const SETTLE_MS = 3_000

/** What a program prints when it has collected its garbage and given it back: how much its young generation holds, bytes. */
export const COLLECTED = /^young generation: (\d+)$/

/** What is said to a Node program so that it can be told to collect its garbage. */
const COLLECTING = [
  '--expose-gc',
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import { getHeapSpaceStatistics } from 'node:v8'
    process.on('SIGUSR2', () => {
      gc()
      setTimeout(() => {
        const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
        console.log('young generation: ' + young.physical_space_size)
      }, ${SETTLE_MS})
    })
  `)}`,
] as const

/** Starts a Node program on the server's core. */
export function spawnServer(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const node = [process.execPath, ...COLLECTING]
  const [program = '', ...rest] = [...mortal, ...onServerCore, ...node, ...args]
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
  const stat = read(`/proc/${pid}/stat`)
  // The name, in brackets, may hold anything; user and system time are the 12th and 13th field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND
}

/** CPU seconds that anybody has used so far on the cores that we use, what the hypervisor took away included. */
export function busySeconds(): number {
  const names = isPinned ? [serverCore, ownCore].map((core) => `cpu${core}`) : ['cpu']
  const ticks = read('/proc/stat')
    .split('\n')
    .map((line) => line.split(/\s+/))
    .filter(([name = '']) => names.includes(name))
    .flatMap(([, user, nice, system, , , irq, softirq, steal]) =>
      [user, nice, system, irq, softirq, steal].map(Number),
    )
  return ticks.reduce((sum, tick) => sum + tick, 0) / TICKS_PER_SECOND
}

/** A process and those that it has started, and so on. */
export function withChildren(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(withChildren)]
}

/** Memory of a process, bytes; what it shares with others counts in part. */
export function memoryOf(pid: number): number {
  const line = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))
  return Number(line?.[1] ?? 0) * 1024
}

/** `0-2,5` is 0, 1, 2 and 5. */
function coresOf(list: string): readonly number[] {
  return list.split(',').flatMap((range) => {
    if (range === '') return []
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
