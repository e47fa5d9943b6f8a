import type { Broker } from '../../../src/realtime/broker.ts'
import { systemMachine } from '../../../src/machine.ts'
import { openRealtime } from '../../../src/realtime/open-realtime.ts'
import type { Realtime } from '../../../src/realtime/realtime.ts'
import type { FakeDatabase } from './fake-database.ts'

/** Warnings are for people. */
export const silent = { warn: () => undefined, error: () => undefined }

export type TestNode = Awaited<ReturnType<typeof openTestNode>>

/** A node on a fake database; time is the test's (fake timers move `performance.now` and `Date.now`). */
export async function openTestNode(database: FakeDatabase, broker?: Broker) {
  const { source, journal, announce } = database.node()
  const realtime: Realtime = await openRealtime({
    source,
    journal,
    broker,
    clock: { now: () => Date.now() },
    log: silent,
    machine: { ...systemMachine, random: () => 1 },
  })
  return {
    realtime,
    journal,
    announce,
    async [Symbol.asyncDispose]() {
      await realtime.close()
    },
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
}
