import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createPump,
  pump,
  type PumpEffect,
  type PumpInput,
  type PumpRow,
} from '../../src/realtime/pump-state.ts'

const row = (seq: number, streamKey = 1): PumpRow => ({ streamKey, seq })
const rows = (...seqs: number[]): PumpRow[] => seqs.map((seq) => row(seq))

/** Runs inputs through one pump and answers the effects of the last. */
function after(...inputs: PumpInput<PumpRow>[]): readonly PumpEffect<PumpRow>[] {
  const state = createPump(1)
  return inputs.map((input) => pump(state, input).effects).at(-1) ?? []
}
const committed = (...seqs: number[]) => ({ kind: 'committed' as const, rows: rows(...seqs) })
const hint = (head: number, streamKey = 1) => ({ kind: 'hint' as const, streamKey, head })
const answer = (...seqs: number[]) => ({ kind: 'read' as const, streamKey: 1, rows: rows(...seqs) })
const checked = (...heads: (readonly [number, number])[]) => ({
  kind: 'checked' as const,
  epoch: 1,
  heads,
})
const pushes = (...seqs: number[]) => ({ kind: 'push', streamKey: 1, rows: rows(...seqs) })
const reads = (from: number | undefined) => ({
  kind: 'read',
  streamKey: 1,
  after: from,
  limit: 200,
})

test.each<[string, PumpInput<PumpRow>[], unknown[]]>([
  ['rows committed here are pushed from memory', [committed(7, 8)], [pushes(7, 8)]],
  ['the next rows follow without a read', [committed(7), committed(8)], [pushes(8)]],
  ['rows reported twice are pushed once', [committed(7, 8), committed(7, 8)], []],
  ['a hole sends it to the database', [committed(7), committed(9)], [reads(7)]],
  ['a hint about the next row sends it to the database', [committed(7), hint(8)], [reads(7)]],
  ['a hint about what was pushed does nothing', [committed(7), hint(7), hint(3)], []],
  ['a second hint does not read at the same time', [committed(7), hint(8), hint(9)], []],
  ['rows that were read are pushed', [committed(7), hint(9), answer(8, 9)], [pushes(8, 9)]],
  [
    'a page that falls short is followed by the next',
    [committed(7), hint(9), answer(8)],
    [pushes(8), reads(8)],
  ],
  [
    'a commit during the read is pushed at once',
    [committed(7), hint(8), committed(8)],
    [pushes(8)],
  ],
  ['and not again by the answer', [committed(7), hint(8), committed(8), answer(8)], []],
  [
    'a hint that nothing stands behind is forgotten',
    [committed(7), hint(2 ** 50), answer(), hint(8)],
    [reads(7)],
  ],
  [
    'a true hint is not lost behind an absurd one',
    [committed(7), hint(2 ** 50), hint(8), answer()],
    [reads(7)],
  ],
  [
    'hints of no number are ignored',
    [committed(7), hint(Number.NaN), hint(-1), hint(0.5), hint(2 ** 60)],
    [],
  ],
  ['an unknown stream begins with its newest rows', [hint(3)], [reads(undefined)]],
  ['whatever the hint says', [hint(3), answer(59, 60)], [pushes(59, 60)]],
  [
    'an unknown stream without rows stays unknown',
    [hint(3), answer(), hint(1)],
    [reads(undefined)],
  ],
  ['a head check finds what the broker lost', [committed(7), checked([1, 8])], [reads(7)]],
  ['also of a stream never heard of', [checked([1, 8])], [reads(undefined)]],
  [
    'a failed read waits for the next head check',
    [committed(7), hint(8), { kind: 'readFailed', streamKey: 1 }],
    [],
  ],
  [
    'which takes it up again',
    [committed(7), hint(8), { kind: 'readFailed', streamKey: 1 }, checked()],
    [reads(7)],
  ],
  [
    'another epoch forgets every stream and says so',
    [committed(7), { kind: 'checked', epoch: 2, heads: [[1, 5]] }],
    [{ kind: 'epochChanged', epoch: 2 }, reads(undefined)],
  ],
])('[SYN20] pump: %s', (_name, inputs, expected) => {
  expect(after(...inputs)).toEqual(expected)
})

test('[SYN20] where other nodes write too, a commit here does not open a stream: one who left before it is told as well', () => {
  const state = createPump(1, { soleWriter: false })
  expect(pump(state, committed(8)).effects).toEqual([reads(undefined)])
  expect(pump(state, answer(7, 8)).effects).toEqual([pushes(7, 8)])
  expect(pump(state, committed(9)).effects).toEqual([pushes(9)])
})

test('[SYN20] a commit batch over several streams is pushed stream by stream', () => {
  const effects = after({ kind: 'committed', rows: [row(1, 4), row(9, 5), row(2, 4)] })
  expect(effects).toEqual([
    { kind: 'push', streamKey: 4, rows: [row(1, 4), row(2, 4)] },
    { kind: 'push', streamKey: 5, rows: [row(9, 5)] },
  ])
})

test('[SYN20] the pump remembers a bounded number of streams, the ones used last', () => {
  const state = createPump(1, { maxStreams: 2 })
  for (const key of [1, 2, 1, 3]) pump(state, { kind: 'committed', rows: [row(5, key)] })
  pump(state, { kind: 'committed', rows: [row(6, 1)] })
  expect(state.streams.size).toBe(2)
  expect(pump(state, hint(6, 1)).effects).toEqual([])
  expect(pump(state, hint(5, 2)).effects).toEqual([
    { kind: 'read', streamKey: 2, after: undefined, limit: 200 },
  ])
})

/** One thing that happens around a node whose stream others write to as well. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('commit-here' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('commit-elsewhere' as const), hinted: fc.boolean() }),
  fc.record({ kind: fc.constant('hint' as const), head: fc.oneof(fc.integer(), fc.double()) }),
  fc.record({ kind: fc.constant('old-hint' as const) }),
  fc.record({ kind: fc.constant('answer' as const), fails: fc.boolean() }),
  fc.record({ kind: fc.constant('check' as const) }),
)

test('[SYN20] whatever the broker says, rows are pushed in order, once, and a head check brings the rest', () => {
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 60, size: 'max' }),
      fc.boolean(),
      (happenings, soleWriter) => {
        const state = createPump(1, { readLimit: 2, soleWriter })
        let head = 0
        let asked: Extract<PumpEffect<PumpRow>, { kind: 'read' }> | undefined
        const pushed: number[] = []
        const feed = (input: PumpInput<PumpRow>) => {
          for (const effect of pump(state, input).effects) {
            if (effect.kind === 'read') {
              expect(asked).toBeUndefined()
              asked = effect
            }
            if (effect.kind === 'push') pushed.push(...effect.rows.map(({ seq }) => seq))
          }
        }
        const respond = (fails: boolean) => {
          if (asked === undefined) return
          const from = asked.after ?? Math.max(0, head - 2)
          const found = Array.from({ length: Math.max(0, head - from) }, (_, at) =>
            row(from + at + 1),
          )
          const { limit } = asked
          asked = undefined
          feed(
            fails
              ? { kind: 'readFailed', streamKey: 1 }
              : { ...answer(), rows: found.slice(0, limit) },
          )
        }
        for (const it of happenings) {
          if (it.kind === 'commit-here') {
            const here = Array.from({ length: it.count }, (_, at) => row(head + at + 1))
            head += it.count
            feed({ kind: 'committed', rows: here })
          } else if (it.kind === 'commit-elsewhere') {
            head += 1
            if (it.hinted) feed(hint(head))
          } else if (it.kind === 'hint') feed(hint(it.head))
          else if (it.kind === 'old-hint') feed(hint(Math.ceil(head / 2)))
          else if (it.kind === 'answer') respond(it.fails)
          else feed(checked([1, head]))
        }
        while (asked !== undefined) respond(false)
        feed(checked([1, head]))
        while (asked !== undefined) respond(false)
        expect(pushed).toEqual([...new Set(pushed)].sort((a, b) => a - b))
        expect(pushed.every((seq) => seq <= head)).toBe(true)
        expect(pushed.at(-1) ?? 0).toBe(head)
        const from = pushed[0] ?? 0
        if (head > 0) expect(pushed).toHaveLength(head - from + 1)
      },
    ),
    { numRuns: 500 },
  )
})
