import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Hub } from '../../src/realtime/hub.ts'
import { Revocations } from '../../src/realtime/revocations.ts'
import { RecordingConnection } from './support/recording-connection.ts'

test('[BRK7] however often sessions are said to have ended, the database is asked once at a time, for those that are here', async () => {
  const hub = new Hub()
  const stays = new RecordingConnection(1, 11).register(hub)
  const goes = new RecordingConnection(2, 12).register(hub)
  const asked: (readonly number[])[] = []
  let atOnce = 0
  let most = 0
  const failures: unknown[] = []
  const revocations = new Revocations({
    hub,
    async findEnded(keys) {
      asked.push(keys)
      most = Math.max(most, (atOnce += 1))
      await turn()
      atOnce -= 1
      if (asked.length === 1) throw new Error('no database')
      return keys.filter((key) => key === 12)
    },
    onFailure: (error) => failures.push(error),
  })
  for (let time = 0; time < 5000; time += 1) revocations.heard([12, 99_000 + time])
  await turn()
  await turn()
  expect([asked, failures.length]).toEqual([[[12]], 1])
  for (let time = 0; time < 500; time += 1) revocations.heard([11, 12])
  await turn()
  await turn()
  expect(asked).toEqual([[12], [11, 12]])
  expect(most).toBe(1)
  expect([stays.closes, goes.closes]).toEqual([[], [4403]])
})
