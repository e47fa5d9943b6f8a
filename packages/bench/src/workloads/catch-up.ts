import { percentile } from '../figures.ts'
import { startUsage } from '../usage.ts'
import type { Bar, Workload } from '../workload.ts'

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
      await subject.door.catchUp(options)
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
        ...figures,
      }
    },
  }
}
