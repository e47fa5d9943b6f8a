import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { merge } from '../src/merge.ts'
import { OptionError } from '../src/options.ts'
import { describe, readRecord, type BenchRecord } from '../src/record.ts'

const SPEED = 'messages a core-second'

function measurementOf(
  date: string,
  runs: Readonly<Record<string, readonly number[]>>,
): BenchRecord {
  return {
    date,
    revision: date,
    node: 'v20.0.0',
    machine: { cpu: 'one', cores: 2, pinned: true },
    options: { repeat: 1, windowMs: 3000 },
    results: Object.entries(runs).map(([name, speeds]) => ({
      name,
      figure: SPEED,
      bar: undefined,
      subjects: ['sdk', 'relay'].map((subject) => ({
        subject,
        runs: speeds.map((speed) => ({ [SPEED]: subject === 'relay' ? 2 * speed : speed })),
        errors: [],
      })),
      summaries: {},
    })),
  }
}

test('several measurements come to one table, of all their runs and in the order of the list', () => {
  const morning = measurementOf('2026-01-02T08:00', { 'group of 100': [10, 20], 'cold start': [5] })
  const before = measurementOf('2026-01-01T08:00', {
    'group of 100': [60],
    'direct, 1 pair, 1 in flight': [7],
  })
  const merged = merge([morning, before])
  expect(merged.date).toBe('2026-01-02T08:00')
  expect(merged.results.map(({ name }) => name)).toEqual([
    'direct, 1 pair, 1 in flight',
    'group of 100',
    'cold start',
  ])
  expect(merged.results[1]?.summaries['sdk']).toMatchObject({
    medians: { [SPEED]: 20 },
    least: { [SPEED]: 10 },
    most: { [SPEED]: 60 },
  })
  expect(merged.results[1]?.subjects.map(({ subject }) => subject)).toEqual(['relay', 'sdk'])
  expect(describe(merged)).toContain('20.0: 0.50 (0.25–1.50)')
  expect(describe(merged)).toContain('1 to 3 runs of 3 s')
})

test('figures of different machines are not put together', () => {
  const one = measurementOf('2026-01-01T08:00', { 'cold start': [5] })
  const other = { ...one, machine: { ...one.machine, cpu: 'another' } }
  expect(() => merge([one, other])).toThrow(OptionError)
  expect(() => merge([])).toThrow(OptionError)
})

test.each(['figures.json', 'figures-before.json'])(
  'the table that is published of %s is made of the figures in it',
  (file) => {
    const root = join(import.meta.dirname, '../../..')
    const figures = readRecord(join(root, 'packages/bench', file))
    expect(readFileSync(join(root, 'docs/performance.md'), 'utf8')).toContain(describe(figures))
  },
)
