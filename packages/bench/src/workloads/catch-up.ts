import { percentile } from '../figures.ts'
import { startUsage } from '../usage.ts'
import type { Bar, Workload } from '../workload.ts'

/** Both sides work with compiled code by then. A client that has just been started takes longer: that is a figure of its own. */
const WARM_UP_TIMES = 8
const TIMES = 8

/** Somebody comes back to a conversation with so many new messages; connecting counts. */
export function catchUp(messages: number, bar?: Bar): Workload {
  return {
    name: `catch-up of ${messages}`,
    figure: 'events a second',
    bar,
    scene: { people: 2, talk: 'pairs', conversations: 20, messages },
    async measure(subject, ground) {
      await using target = await subject.start(ground)
      const { url, scene } = target
      const times: number[] = []
      const [, token = ''] = scene.tokens
      const options = { url, token, conversationId: scene.conversationIds[0] ?? '', messages }
      const first = performance.now()
      await subject.door.catchUp(options)
      const firstMs = performance.now() - first
      for (let time = 1; time < WARM_UP_TIMES; time += 1) await subject.door.catchUp(options)
      const stop = startUsage(target)
      for (let time = 0; time < TIMES; time += 1) {
        const start = performance.now()
        await subject.door.catchUp(options)
        times.push(performance.now() - start)
      }
      const { serverCpuSeconds, figures } = stop()
      return {
        'events a second': (messages / percentile(times, 0.5)) * 1000,
        'events a core-second': (messages * TIMES) / serverCpuSeconds,
        'first time ms': firstMs,
        ...figures,
      }
    },
  }
}
