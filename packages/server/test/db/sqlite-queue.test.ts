import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TxOptions } from '../../src/db/database.ts'
import { WriteQueue, type Job } from '../../src/db/sqlite-queue.ts'

type Priority = NonNullable<TxOptions['priority']>

/** A queue at a time of its own; jobs are told apart by their names. */
function openQueue() {
  let now = 1000
  const names = new Map<Job, string>()
  const queue = new WriteQueue({ now: () => now })
  return {
    queue,
    pass(ms: number) {
      now += ms
    },
    add(name: string, priority: Priority) {
      const job = { work: () => Promise.resolve(), resolve: () => {}, reject: () => {}, priority }
      names.set(job, name)
      queue.add(job)
    },
    next() {
      const { jobs, isQuiet } = queue.next()
      return { jobs: jobs.map((job) => names.get(job) ?? ''), isQuiet }
    },
  }
}

describe('what waits for the writer of SQLite', () => {
  test('[DB31] receipts go at once when nobody else waits, and their commit is a quiet one', () => {
    const { queue, add, next } = openQueue()
    add('receipt', 'low')
    expect(next()).toEqual({ jobs: ['receipt'], isQuiet: true })
    expect(queue.isEmpty).toBe(true)
  })

  test('[DB31] messages overtake receipts', () => {
    const { queue, add, next } = openQueue()
    add('receipt', 'low')
    add('message', 'high')
    expect(next()).toEqual({ jobs: ['message'], isQuiet: false })
    add('next message', 'high')
    expect(next()).toEqual({ jobs: ['next message'], isQuiet: false })
    expect(queue.isEmpty).toBe(false)
    expect(next()).toEqual({ jobs: ['receipt'], isQuiet: true })
  })

  test('[DB31] nothing else overtakes anything: what a user has read is not turned round with what he does next', () => {
    const { add, next } = openQueue()
    add('message', 'high')
    add('read', 'low')
    add('mark as unread', 'normal')
    add('read again', 'low')
    add('next message', 'high')
    expect(next().jobs).toEqual(['message', 'read', 'mark as unread', 'next message'])
    expect(next()).toEqual({ jobs: ['read again'], isQuiet: true })
  })

  test('[DB31] receipts that have waited for 3 ms stand in line', () => {
    const { add, pass, next } = openQueue()
    add('receipt', 'low')
    pass(2)
    add('later receipt', 'low')
    add('message', 'high')
    expect(next().jobs).toEqual(['message'])
    pass(1)
    add('next message', 'high')
    expect(next()).toEqual({ jobs: ['next message', 'receipt', 'later receipt'], isQuiet: false })
  })

  test('[DB31] those that come after others have gone wait anew', () => {
    const { add, pass, next } = openQueue()
    add('receipt', 'low')
    next()
    pass(60_000)
    add('later receipt', 'low')
    add('message', 'high')
    expect(next().jobs).toEqual(['message'])
  })

  test('[DB31] a clock that is set back keeps nobody waiting', () => {
    const { add, pass, next } = openQueue()
    add('receipt', 'low')
    pass(-60_000)
    add('message', 'high')
    expect(next().jobs).toEqual(['message', 'receipt'])
  })

  test('[DB31] messages without end do not keep receipts waiting', () => {
    const { add, pass, next } = openQueue()
    for (let index = 0; index < 100; index += 1) add(`message ${index}`, 'high')
    add('receipt', 'low')
    let turns = 1
    for (; turns < 100; turns += 1) {
      pass(1)
      for (let index = 0; index < 32; index += 1) add('another message', 'high')
      if (next().jobs.includes('receipt')) break
    }
    // As many go in as out: it stands behind the hundred that were there before it, and those of three turns less than that.
    expect(turns).toBeLessThanOrEqual(3 + 5)
  })

  test('[DB27] [DB31] everything has its turn once, and only high overtakes low', () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          add: fc.constantFrom<Priority>('high', 'normal', 'low'),
          count: fc.integer({ min: 1, max: 40 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 4 }) }) },
      { weight: 2, arbitrary: fc.constant({ take: true } as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { queue, add, pass, next } = openQueue()
        const added: { name: string; priority: Priority }[] = []
        const taken: string[] = []
        const take = () => {
          const { jobs, isQuiet } = next()
          expect(jobs.length).toBeLessThanOrEqual(32)
          expect(isQuiet).toBe(jobs.every((name) => name.startsWith('low')))
          taken.push(...jobs)
        }
        for (const one of steps) {
          if ('pass' in one) pass(one.pass)
          else if ('take' in one) {
            if (!queue.isEmpty) take()
          } else
            for (let index = 0; index < one.count; index += 1) {
              const name = `${one.add} ${added.length}`
              added.push({ name, priority: one.add })
              add(name, one.add)
            }
        }
        while (!queue.isEmpty) take()
        const without = (left: Priority) => ({
          added: added.filter(({ priority }) => priority !== left).map(({ name }) => name),
          taken: taken.filter((name) => !name.startsWith(left)),
        })
        // Of each pair of kinds but one the order is that in which they came.
        for (const left of ['high', 'low'] as const)
          expect(without(left).taken).toEqual(without(left).added)
        expect(taken.toSorted()).toEqual(added.map(({ name }) => name).toSorted())
        const placeOf = new Map(taken.map((name, place) => [name, place]))
        const order = added.map(({ name }) => placeOf.get(name) ?? -1)
        for (const [index, one] of added.entries())
          for (const [after, other] of added.slice(index + 1).entries())
            if ((order[index] ?? 0) > (order[index + 1 + after] ?? 0))
              expect([one.priority, other.priority]).toEqual(['low', 'high'])
      }),
      { numRuns: 50 },
    )
  })
})
