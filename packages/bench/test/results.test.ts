import { expect, test } from 'vitest'
import { judge, summarise } from '../src/results.ts'
import { tableOf } from '../src/table.ts'

const run = (speed: number, others: number) => ({ speed, 'CPU of others': others })

test('a disturbed run counts only where there is no other', () => {
  const runs = [run(10, 0.9), run(20, 0.1), run(22, 0.2)]
  const some = summarise({ subject: 'sdk', runs, errors: [] })
  expect(some).toMatchObject({ isDisturbed: false, least: { speed: 20 }, most: { speed: 22 } })
  const all = summarise({ subject: 'sdk', runs: [run(10, 0.9)], errors: [] })
  expect(all).toMatchObject({ isDisturbed: true, medians: { speed: 10 } })
  expect(summarise({ subject: 'sdk', runs: [], errors: ['late'] })).toBeUndefined()
})

test('a bar is met from either side', () => {
  const more = { of: 'ratio', better: 'more', bar: 0.5, stretch: 0.75 } as const
  expect([0.4, 0.5, 0.8].map((value) => judge(more, value))).toEqual([
    ...['missed, 80 % of it, 53 % of the stretch', 'met, 66 % of the stretch', 'stretch'],
  ])
  const less = { of: 'figure', better: 'less', bar: 1000, stretch: 400 } as const
  expect([1001, 500, 400].map((value) => judge(less, value))).toEqual([
    ...['missed, 99 % of it, 39 % of the stretch', 'met, 80 % of the stretch', 'stretch'],
  ])
})

test('the table holds the ratio, its spread, the bar and what has failed', () => {
  const bar = { of: 'ratio', better: 'more', bar: 0.5, stretch: 0.75 } as const
  const subjects = [
    { subject: 'relay', runs: [run(1000, 0)], errors: [] },
    { subject: 'sdk', runs: [run(500, 0), run(600, 0), run(700, 0)], errors: [] },
    { subject: 'trpc', runs: [], errors: ['late'] },
  ]
  const table = tableOf([{ name: 'talk', figure: 'speed', bar, subjects }])
  const [, , row = ''] = table.split('\n')
  const cells = row.split('|').map((cell) => cell.trim())
  const sdk = '600: 0.60 (0.50–0.70)'
  expect(cells.slice(1, -1)).toEqual([
    'talk',
    'speed',
    '1,000',
    sdk,
    'failed',
    '≥ 0.5',
    '≥ 0.75',
    'met, 80 % of the stretch',
  ])
})

test('times from sending to receiving stand in a table of their own, judged by their own bars', () => {
  const name = 'direct, 1 pair, 1 in flight'
  const timed = (p50: number) => ({ speed: 1, 'p50 ms': p50, 'p99 ms': 9 })
  const subjects = [
    { subject: 'relay', runs: [timed(2)], errors: [] },
    { subject: 'sdk', runs: [timed(2.5)], errors: [] },
  ]
  const table = tableOf([{ name, figure: 'speed', bar: undefined, subjects }])
  const rows = table.split('\n').filter((line) => line.includes(' ms '))
  expect(rows.map((line) => line.split('|').map((cell) => cell.trim()))).toEqual([
    ['', name, 'p50 ms', '2.00', '2.50: 1.25', '≤ 1.5', '≤ 1', 'met, 80 % of the stretch', ''],
    ['', name, 'p99 ms', '9.00', '9.00: 1.00', '', '', '', ''],
  ])
})
