import { expect, test } from 'vitest'
import { openCallLimit } from '../../src/auth/call-limit.ts'
import { openGate } from '../../src/auth/gate.ts'
import { outcomeOf } from '../services/account-world.ts'

function testClock(start = 1_000_000) {
  return {
    time: start,
    now() {
      return this.time
    },
  }
}

test('[CAL2] a bucket gives its burst at once, then its rate, and says how long to wait', () => {
  const clock = testClock()
  const limit = openCallLimit({ perSecond: 10, burst: 5 }, clock)
  expect(Array.from({ length: 5 }, () => limit.take('ann'))).toEqual([0, 0, 0, 0, 0])
  expect(limit.take('ann')).toBe(100)
  expect(limit.take('bob')).toBe(0)
  clock.time += 99
  expect(limit.take('ann')).toBe(1)
  clock.time += 1
  expect(limit.take('ann')).toBe(0)
  expect(limit.take('ann')).toBe(100)
  clock.time += 60_000
  expect(Array.from({ length: 6 }, () => limit.take('ann'))).toEqual([0, 0, 0, 0, 0, 100])
})

test('[CAL2] a burst of thirds of a millisecond comes out whole', () => {
  const limit = openCallLimit({ perSecond: 3000, burst: 1000 }, testClock(1_800_000_000_001))
  const answers = Array.from({ length: 1010 }, () => limit.take('ann'))
  expect(answers.findIndex((wait) => wait > 0)).toBeGreaterThanOrEqual(1000)
})

test('[CAL2] refused calls cost nothing, and a clock set back locks nobody out', () => {
  const clock = testClock()
  const limit = openCallLimit({ perSecond: 10, burst: 2 }, clock)
  for (let call = 0; call < 100; call += 1) limit.take('ann')
  clock.time += 100
  expect(limit.take('ann')).toBe(0)
  clock.time -= 500_000
  expect(limit.take('ann')).toBeLessThanOrEqual(100)
  clock.time += 100
  expect(limit.take('ann')).toBe(0)
})

test('[CAL7] a clock set back takes nothing from a bucket, however often, and set on again it gives nothing twice', () => {
  const clock = testClock()
  const limit = openCallLimit({ perSecond: 10, burst: 100 }, clock)
  limit.take('ann')
  for (let step = 0; step < 5; step += 1) {
    clock.time -= 600_000
    expect(limit.take('ann', 10)).toBe(0)
  }
  // 51 were taken and none has come back: as many as are left, and no more.
  expect(limit.take('ann', 49)).toBe(0)
  expect(limit.take('ann')).toBe(100)
  clock.time += 100
  expect(limit.take('ann')).toBe(0)
  expect(limit.take('ann')).toBe(100)
})

test('[CAL2] over any second a caller never gets more than burst and rate', () => {
  const clock = testClock()
  const limit = openCallLimit({ perSecond: 20, burst: 7 }, clock)
  const taken: number[] = []
  for (let step = 0; step < 5000; step += 1) {
    clock.time += step % 3
    if (limit.take('ann') === 0) taken.push(clock.time)
  }
  for (const from of taken) {
    const within = taken.filter((at) => at >= from && at < from + 1000)
    expect(within.length).toBeLessThanOrEqual(7 + 20)
  }
  expect(taken.length).toBeGreaterThan(90)
})

test('[ACC5] work beyond the size of a gate waits its turn; beyond the line it is refused', async () => {
  const gate = openGate({ size: 2, maxWaiting: 3 })
  let running = 0
  let most = 0
  const order: number[] = []
  const releases: (() => void)[] = []
  const works = Array.from({ length: 6 }, (_, index) =>
    gate.run(async () => {
      running += 1
      most = Math.max(most, running)
      order.push(index)
      await new Promise<void>((resolve) => releases.push(resolve))
      running -= 1
    }),
  )
  expect(await outcomeOf(works[5] ?? Promise.resolve())).toBe('RATE_LIMITED')
  while (order.length < 5 || running > 0) {
    for (const release of releases.splice(0)) release()
    await Promise.resolve()
  }
  await Promise.all(works.slice(0, 5))
  expect(order).toEqual([0, 1, 2, 3, 4])
  expect(most).toBe(2)
})

test('[ACC5] work that fails gives its place back', async () => {
  const gate = openGate({ size: 1, maxWaiting: 0 })
  await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate.run(async () => 'yes')).toBe('yes')
})
