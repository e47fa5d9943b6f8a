import type { Figures } from './figures.ts'
import { busySeconds, cpuSecondsOf, memoryOf } from './process.ts'
import type { Watched } from './subject.ts'

/** What was used between two moments. */
export interface Usage {
  readonly seconds: number
  /** Of everything that works for the server. */
  readonly serverCpuSeconds: number
  readonly figures: Figures
}

/** CPU in cores that others may take on the cores of a measurement before it counts as disturbed. */
export const TOLERATED_OTHERS = 0.3

/** The name of the figure that says how much others took. */
export const OTHERS = 'CPU of others'

/** Begins to measure; what is answered ends it. A server that is to be started yet is named at the end. */
export function startUsage(before?: Watched): (after?: Watched) => Usage {
  const cpu = cpuSecondsOf(before?.pids() ?? [])
  const own = process.cpuUsage()
  const busy = busySeconds()
  const start = performance.now()
  return (after = before) => {
    const seconds = (performance.now() - start) / 1000
    const serverCpuSeconds = Math.max(cpuSecondsOf(after?.pids() ?? []) - cpu, 0.01)
    const { user, system } = process.cpuUsage(own)
    const ownSeconds = (user + system) / 1e6
    const others = Math.max(0, busySeconds() - busy - serverCpuSeconds - ownSeconds)
    const figures = {
      'server CPU': serverCpuSeconds / seconds,
      'load CPU': ownSeconds / seconds,
      [OTHERS]: others / seconds,
      'memory MB': after === undefined ? 0 : memoryOf(after.pid) / 1e6,
    }
    return { seconds, serverCpuSeconds, figures }
  }
}
