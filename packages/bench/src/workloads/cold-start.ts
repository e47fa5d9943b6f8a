import { EventEmitter, once } from 'node:events'
import { NOBODY } from '../client.ts'
import { medians, type Figures } from '../figures.ts'
import { textOf } from '../scene.ts'
import type { EmptyTarget, Ground, Subject } from '../subject.ts'
import { startUsage } from '../usage.ts'
import type { Bar, Workload } from '../workload.ts'

const TIMES = 3

/** From the start of a process in an empty folder to the first acknowledged message between two new people. */
export function coldStart(bar?: Bar): Workload {
  return {
    name: 'cold start',
    figure: 'ms to the first message',
    bar,
    scene: undefined,
    async measure(subject, ground) {
      const runs: Figures[] = []
      for (let time = 0; time < TIMES; time += 1) runs.push(await startOnce(subject, ground))
      return medians(runs)
    },
  }
}

async function startOnce(subject: Subject, ground: Ground): Promise<Figures> {
  const stop = startUsage(ground.postgres)
  await using target = await subject.startEmpty(ground)
  const listening = performance.now()
  await sayHello(target, subject)
  const end = performance.now()
  return {
    'ms to the first message': end - target.startedAt,
    'ms to listening': listening - target.startedAt,
    ...stop(target).figures,
  }
}

async function sayHello(target: EmptyTarget, { door }: Subject): Promise<void> {
  const { tokens, conversationIds } = await target.introduce()
  const [token = ''] = tokens
  const [conversationId = ''] = conversationIds
  const heard = new EventEmitter()
  const listener = { ...NOBODY, acked: () => heard.emit('acked') }
  const sender = await door.connect({ url: target.url, token, listener, receipts: false })
  const acked = once(heard, 'acked')
  sender.send(conversationId, [textOf(1)])
  await acked
  await sender.close()
}
