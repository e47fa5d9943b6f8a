import { setTimeout as pause } from 'node:timers/promises'
import { NOBODY, type Client } from '../client.ts'
import { cpuSecondsOf, memoryOf } from '../process.ts'
import type { Subject, Target } from '../subject.ts'
import type { Workload } from '../workload.ts'

export interface IdleOptions {
  readonly connections: number
  /** Of each user. */
  readonly conversations: number
}

const AT_ONCE = 20
const SETTLE_MS = 4_000
/** Connections before the first look: what the server needs once is not what one more costs. */
const FIRST = 20

/** People who are connected, hear everything and say nothing. */
export function idle({ connections, conversations }: IdleOptions): Workload {
  return {
    name: `idle, ${connections} connections, ${conversations} conversations each`,
    figure: 'bytes a connection',
    scene: {
      people: connections + FIRST,
      pairs: false,
      groups: conversations,
      groupSize: 100,
      messages: 0,
    },
    async measure(target, subject) {
      const first = await connectAll(target, subject, [0, FIRST])
      await pause(SETTLE_MS)
      const before = memoryOf(target.pid)
      const cpu = cpuSecondsOf(target.pids())
      const start = performance.now()
      const more = await connectAll(target, subject, [FIRST, connections])
      const seconds = (performance.now() - start) / 1000
      const used = cpuSecondsOf(target.pids()) - cpu
      await pause(SETTLE_MS)
      const bytes = memoryOf(target.pid) - before
      await Promise.all([...first, ...more].map((client) => client.close()))
      return {
        'bytes a connection': bytes / connections,
        'connects a second': connections / seconds,
        'CPU ms a connect': (used / connections) * 1000,
        'memory MB': (before + bytes) / 1e6,
      }
    },
  }
}

async function connectAll(
  { url, scene }: Target,
  { door }: Subject,
  [from, count]: readonly [number, number],
): Promise<Client[]> {
  const clients: Client[] = []
  const tokens = scene.tokens.slice(from, from + count).values()
  const work = async (): Promise<void> => {
    for (const token of tokens)
      clients.push(await door.connect({ url, token, listener: NOBODY, receipts: false }))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return clients
}
