import { expect, test } from 'vitest'
import { medians, percentile } from '../src/figures.ts'

test('a percentile is one of the values, and 0 of none', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect([0, 0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 51, 100, 100])
  expect(percentile([], 0.5)).toBe(0)
})

test('each figure has a median of its own', () => {
  const runs = [
    { a: 1, b: 30 },
    { a: 3, b: 10 },
    { a: 2, b: 20 },
  ]
  expect(medians(runs)).toEqual({ a: 2, b: 20 })
  expect(medians(runs.slice(0, 2))).toEqual({ a: 2, b: 20 })
  expect(medians([{ a: 4 }, { a: 1 }, { a: 3 }, { a: 9 }])).toEqual({ a: 3.5 })
})
