import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SmallMap } from '../src/small-map.ts'

const key = fc.integer({ min: 0, max: 4 })

test('what a small map has answered stays as it was', () => {
  const small = new SmallMap<number, number>()
  for (const each of [1, 2]) small.set(each, each)
  const values = small.values()
  for (const each of values) small.delete(each)
  expect([values, small.size]).toEqual([[1, 2], 0])
})

test('a small map holds what a map does, in the same order, whatever is done', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ set: key, value: fc.integer() }) },
      { weight: 4, arbitrary: fc.record({ delete: key }) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    ),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(steps, (taken) => {
      const [small, map] = [new SmallMap<number, number>(), new Map<number, number>()]
      for (const step of taken) {
        for (const each of [small, map]) {
          if (step === 'clear') each.clear()
          else if ('set' in step) each.set(step.set, step.value)
          else each.delete(step.delete)
        }
        expect(small.size).toBe(map.size)
        expect(small.values()).toEqual([...map.values()])
        for (let at = 0; at <= 4; at += 1) expect(small.get(at)).toBe(map.get(at))
      }
    }),
  )
})
