import { setTimeout as pause } from 'node:timers/promises'
import { NOBODY } from '../client.ts'
import { memoryOf } from '../process.ts'
import { startUsage } from '../usage.ts'
import type { Bar, Workload } from '../workload.ts'
import { inTurns } from './in-turns.ts'

export interface IdleOptions {
  readonly connections: number
  /** Of each user. */
  readonly conversations: number
}

const SETTLE_MS = 4_000
/** Connections before the first look: what the server needs once, its young generation above all, is not what one more costs. */
const FIRST = 400

/** People who are connected, hear everything and say nothing. */
export function idle({ connections, conversations }: IdleOptions, bar?: Bar): Workload {
  return {
    name: `idle, ${connections} connections, ${conversations} conversations each`,
    figure: 'bytes a connection',
    bar,
    scene: { people: connections + FIRST, talk: 'none', conversations, messages: 0 },
    async measure(subject, ground) {
      await using target = await subject.start(ground)
      const { url, scene } = target
      const connect = (token: string) =>
        subject.door.connect({ url, token, listener: NOBODY, receipts: false })
      const first = await inTurns(scene.tokens.slice(0, FIRST), connect)
      await pause(SETTLE_MS)
      const before = memoryOf(target.pid)
      const stop = startUsage(target)
      const more = await inTurns(scene.tokens.slice(FIRST), connect)
      const { seconds, serverCpuSeconds, figures } = stop()
      await pause(SETTLE_MS)
      const bytes = memoryOf(target.pid) - before
      await Promise.all([...first, ...more].map((client) => client.close()))
      return {
        'bytes a connection': bytes / connections,
        'connects a second': connections / seconds,
        'CPU ms a connect': (serverCpuSeconds / connections) * 1000,
        ...figures,
      }
    },
  }
}
