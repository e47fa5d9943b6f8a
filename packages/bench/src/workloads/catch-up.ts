import { percentile } from '../figures.ts'
import { cpuSecondsOf } from '../process.ts'
import type { Workload } from '../workload.ts'

const TIMES = 8

/** Somebody comes back to a conversation with so many new messages; connecting counts. */
export function catchUp(messages: number): Workload {
  return {
    name: `catch-up of ${messages}`,
    figure: 'events a second',
    scene: { people: 2, pairs: true, groups: 19, groupSize: 2, messages },
    async measure({ url, scene, pids }, { door }) {
      const times: number[] = []
      const options = {
        url,
        token: scene.tokens[1] ?? '',
        conversationId: scene.conversationIds[0] ?? '',
        messages,
      }
      await door.catchUp(options)
      const cpu = cpuSecondsOf(pids())
      for (let time = 0; time < TIMES; time += 1) {
        const start = performance.now()
        await door.catchUp(options)
        times.push(performance.now() - start)
      }
      const used = cpuSecondsOf(pids()) - cpu
      return {
        'events a second': (messages / percentile(times, 0.5)) * 1000,
        'events a core-second': (messages * TIMES) / Math.max(used, 0.01),
      }
    },
  }
}
