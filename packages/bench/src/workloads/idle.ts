import { NOBODY } from '../client.ts'
import { memoryOf } from '../process.ts'
import type { Running } from '../subject.ts'
import { startUsage } from '../usage.ts'
import type { Bar, Workload } from '../workload.ts'
import { inTurns } from './in-turns.ts'

export interface IdleOptions {
  readonly connections: number
  /** Of each user. */
  readonly conversations: number
}

const LEAST_LOOKS = 4
const MOST_LOOKS = 10

/**
 * What is in use once nothing is going on: what signing in has left behind takes V8 several collections to give back.
 * Without the young generation: V8 gives it 32 MB, or 1 when less happens, whatever the number of connections.
 */
async function settledMemory(target: Running): Promise<number> {
  let last = Infinity
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const young = await target.collectGarbage()
    const bytes = memoryOf(target.pid) - young
    if (look >= LEAST_LOOKS && bytes > last * 0.99) return bytes
    last = bytes
  }
  return last
}

/**
 * People who are connected, hear everything and say nothing. As many others are before the first look: what the server needs once, as
 * the cache of the database's pages, is not what one more costs.
 */
export function idle({ connections, conversations }: IdleOptions, bar?: Bar): Workload {
  return {
    name: `idle, ${connections} connections, ${conversations} conversations each`,
    figure: 'bytes a connection',
    bar,
    scene: { people: 2 * connections, talk: 'none', conversations, messages: 0 },
    async measure(subject, ground) {
      await using target = await subject.start(ground)
      const { url, scene } = target
      const connect = (token: string) =>
        subject.door.connect({ url, token, listener: NOBODY, receipts: false })
      const first = await inTurns(scene.tokens.slice(0, connections), connect)
      const before = await settledMemory(target)
      const stop = startUsage(target)
      const more = await inTurns(scene.tokens.slice(connections), connect)
      const { seconds, serverCpuSeconds, figures } = stop()
      const after = await settledMemory(target)
      await Promise.all([...first, ...more].map((client) => client.close()))
      return {
        'bytes a connection': (after - before) / connections,
        'settled MB': after / 1e6,
        'connects a second': connections / seconds,
        'CPU ms a connect': (serverCpuSeconds / connections) * 1000,
        ...figures,
      }
    },
  }
}
