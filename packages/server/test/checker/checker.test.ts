import { expect, test } from 'vitest'
import { check } from './check.ts'
import {
  DELETED,
  type HistoryRecord,
  type Invariant,
  type LedgerEvent,
  type LedgerStream,
} from './history.ts'

const event = (seq: number, more: Partial<LedgerEvent> = {}): LedgerEvent => ({
  seq,
  tag: 100 + seq,
  t: seq * 10,
  ...more,
})
const seen = (...seqs: number[]) => seqs.map((seq) => ({ seq, tag: 100 + seq }))

const messages: LedgerStream = {
  name: 'm:a',
  events: [event(1), event(2, { sent: { user: 'ann', key: 'k1' } }), event(3), event(4)],
  lost: [],
  spans: [
    { user: 'ann', from: 1, to: null },
    { user: 'bob', from: 1, to: 2 },
    { user: 'bob', from: 4, to: null },
  ],
  lostSpans: [],
  floor: 0,
  highestFloor: 0,
}
const phone = { kind: 'device', t: 0, device: 'phone', user: 'ann', proof: 'position' } as const
const tablet = { kind: 'device', t: 0, device: 'tablet', user: 'bob', proof: 'position' } as const
const numbered = { kind: 'device', t: 0, device: 'old', user: 'ann', proof: 'server' } as const
const of = { t: 50, device: 'phone', stream: 'm:a' }
const apply = (to: number, ...seqs: number[]): HistoryRecord => ({
  kind: 'apply',
  ...of,
  events: seen(...seqs),
  to,
})
const deliver = (connection: string, ...seqs: number[]): HistoryRecord => ({
  kind: 'deliver',
  ...of,
  device: 'old',
  connection,
  events: seen(...seqs),
})
const end: HistoryRecord = { kind: 'end', t: 9000, device: 'phone' }

/** The invariants that a run breaks, each once. */
function broken(records: HistoryRecord[], stream: Partial<LedgerStream> = {}): Invariant[] {
  const found = check({ records, ledger: { streams: [{ ...messages, ...stream }] } })
  return [...new Set(found.map(({ invariant }) => invariant))]
}

test('[SYN27] the checker finds nothing in a run that kept every promise', () => {
  const records: HistoryRecord[] = [
    phone,
    tablet,
    numbered,
    { kind: 'invoke', t: 1, device: 'phone', stream: 'm:a', key: 'k1' },
    { kind: 'ok', t: 30, device: 'phone', stream: 'm:a', key: 'k1' },
    apply(2, 1, 2),
    apply(4, 3, 4),
    { ...apply(2, 1, 2), device: 'tablet' } as HistoryRecord,
    { ...apply(4, 4), device: 'tablet' } as HistoryRecord,
    deliver('c1', 1, 2, 3),
    deliver('c2', 2, 3, 4),
    end,
    { kind: 'end', t: 9000, device: 'tablet' },
    { kind: 'end', t: 9000, device: 'old' },
  ]
  expect(check({ records, ledger: { streams: [messages] } })).toEqual([])
})

const send = (kind: 'invoke' | 'ok' | 'fail' | 'unknown', key: string): HistoryRecord => ({
  kind,
  ...of,
  key,
})
const marks = (...list: readonly (readonly [number, number])[]) =>
  list.map(([delivered, read], at) =>
    event(at + 1, { receipt: { user: 'ann', delivered, read, head: 9 } }),
  )
const live: HistoryRecord = { kind: 'live', t: 0, device: 'phone' }
const late: HistoryRecord = { kind: 'healed', t: 9000 }
const told = (t: number): HistoryRecord => ({
  kind: 'push',
  t,
  device: 'phone',
  stream: 'm:a',
  seq: 4,
})

/** A message of ann, its edit, something, and its deletion or a second edit. */
const changed = (last: number): Partial<LedgerStream> => {
  const says = (version: number) => ({ says: { of: 1, version } })
  return { events: [event(1, says(0)), event(2, says(7)), event(3), event(4, says(last))] }
}
const LONG_AFTER = 20_000
/** At `t` the device is shown these versions of message 1, by seq. */
const shown = (
  device: string,
  t: number,
  versions: readonly (readonly [number, number])[],
): HistoryRecord => ({
  kind: 'apply',
  device,
  t,
  stream: 'm:a',
  events: versions.map(([seq, version]) => ({
    ...{ seq, tag: 100 + seq },
    ...(seq === 3 ? {} : { says: { of: 1, version } }),
  })),
  to: versions.at(-1)?.[0] ?? 0,
})
const asItWas = [
  [1, 0],
  [2, 7],
  [3, 0],
] as const
const late1 = { ...tablet, user: 'cat' } as const
const catsSpans = [{ user: 'cat', from: 2, to: null }]

test.each<[string, Invariant[], HistoryRecord[], Partial<LedgerStream>?]>([
  ['an acknowledged message is nowhere', ['I1'], [phone, send('ok', 'k9')]],
  [
    'a message is there twice',
    ['I2'],
    [phone],
    { events: [1, 2].map((seq) => event(seq, { sent: { user: 'ann', key: 'k' } })) },
  ],
  ['an event is applied twice', ['I2'], [phone, apply(2, 1, 2), apply(3, 2, 3)]],
  ['the seqs of a stream have a hole', ['I3'], [phone], { events: [event(1), event(3)] }],
  ['an event is skipped', ['I3'], [phone, apply(3, 1, 3)]],
  ['a position jumps over an event', ['I3'], [phone, apply(4, 1, 2)]],
  ['a position goes back', ['I3'], [phone, apply(2, 1, 2), apply(1)]],
  [
    'two have different events of one seq',
    ['I4'],
    [phone, { ...of, kind: 'apply', events: [{ seq: 1, tag: 7 }], to: 1 }],
  ],
  ['an event is not in the database', ['I5'], [phone, apply(5, 1, 2, 3, 4, 5)]],
  [
    'a stream is not in the database',
    ['I5'],
    [phone, { ...of, kind: 'apply', stream: 'm:z', events: seen(1), to: 1 }],
  ],
  [
    'an event is outside the span',
    ['I6'],
    [tablet, { ...of, device: 'tablet', kind: 'apply', events: seen(1, 2, 3), to: 3 }],
  ],
  [
    'a message is taken from a stranger',
    ['I6'],
    [],
    { events: [event(1, { sent: { user: 'cat', key: 'k' } })] },
  ],
  [
    'a revoked session is served',
    ['I6'],
    [phone, { kind: 'revoke', t: 0, device: 'phone' }, told(5001)],
  ],
  [
    'a message overtakes another',
    ['I7'],
    [phone, send('invoke', 'k2'), send('invoke', 'k1')],
    {
      events: [
        event(1, { sent: { user: 'ann', key: 'k1' } }),
        event(2, { sent: { user: 'ann', key: 'k2' } }),
      ],
    },
  ],
  ['a receipt shrinks', ['I8'], [], { events: marks([5, 2], [4, 2]) }],
  ['more is read than delivered', ['I8'], [], { events: marks([5, 6]) }],
  ['more is delivered than there is', ['I8'], [], { events: marks([10, 6]) }],
  ['a device ends behind', ['I9'], [phone, apply(2, 1, 2), end]],
  ['a device never saw a stream', ['I9'], [phone, end]],
  [
    'a device ends with what a restore has lost',
    ['I9'],
    [phone, { ...of, kind: 'apply', events: [{ seq: 4, tag: 7 }], to: 4 }, end],
    { lost: [event(4, { tag: 7 })], floor: 3 },
  ],
  [
    'a device ends with a snapshot of a history that is gone',
    ['I9'],
    [phone, { kind: 'reset', ...of, to: 4 }, { kind: 'restore', t: 60 }, end],
    { lost: [event(4, { tag: 7 })] },
  ],
  ['something broke', ['I10'], [{ kind: 'broken', t: 1, what: 'an unhandled rejection' }]],
  [
    'a message stays in the outbox',
    ['I11'],
    [phone, apply(4, 1, 2, 3, 4), send('invoke', 'k2'), send('unknown', 'k2'), end],
  ],
  ['a live connection is not told', ['I12'], [phone, live, late]],
  ['a live connection is told too late', ['I12'], [phone, live, told(3041), late]],
  [
    'a numbered device gets an event twice on a connection',
    ['I2'],
    [numbered, deliver('c1', 1, 2, 2)],
  ],
  [
    'a numbered device gets them out of order',
    ['I2'],
    [numbered, deliver('c1', 2), deliver('c1', 1)],
  ],
  ['a numbered device gets what is not there', ['I5'], [numbered, deliver('c1', 8)]],
  [
    'a deleted message is shown long after',
    ['I13'],
    [phone, shown('phone', LONG_AFTER, [...asItWas, [4, DELETED]])],
    changed(DELETED),
  ],
  [
    'a message is shown as it was before its edits',
    ['I13'],
    [phone, shown('phone', LONG_AFTER, [[1, 0]])],
    changed(8),
  ],
  [
    'a device keeps an older body',
    ['I13'],
    [phone, shown('phone', 50, [...asItWas, [4, 7]]), end],
    changed(8),
  ],
  [
    'an edit hides a message that is there',
    ['I13'],
    [
      phone,
      shown('phone', 50, [
        [1, 0],
        [2, DELETED],
        [3, 0],
        [4, 8],
      ]),
    ],
    changed(8),
  ],
  [
    'an edit shows a message to a newcomer',
    ['I6'],
    [
      late1,
      shown('tablet', 50, [
        [2, 7],
        [3, 0],
        [4, DELETED],
      ]),
    ],
    { ...changed(DELETED), spans: catsSpans },
  ],
  [
    'a numbered device misses something for good',
    ['I9'],
    [numbered, deliver('c1', 1, 2, 4), { ...end, device: 'old' }],
  ],
])('[SYN27] the checker notices when %s', (_what, invariants, records, stream) => {
  expect(broken(records, stream)).toEqual(invariants)
})

test.each<[string, HistoryRecord[], Partial<LedgerStream>?]>([
  [
    'a refused message',
    [phone, apply(4, 1, 2, 3, 4), send('invoke', 'k2'), send('fail', 'k2'), end],
  ],
  [
    'a message whose outcome nobody learned',
    [
      numbered,
      { ...send('invoke', 'k2'), device: 'old' } as HistoryRecord,
      { ...send('unknown', 'k2'), device: 'old' } as HistoryRecord,
    ],
  ],
  [
    'a message that is fetched as it is by now, and what was deleted as deleted',
    [
      phone,
      shown('phone', LONG_AFTER, [
        [1, DELETED],
        [2, DELETED],
        [3, 0],
        [4, DELETED],
      ]),
      { ...end, t: LONG_AFTER },
    ],
    changed(DELETED),
  ],
  [
    'what was on its way when it was deleted',
    [phone, shown('phone', 50, [...asItWas, [4, DELETED]]), end],
    changed(DELETED),
  ],
  [
    'an edit that tells a newcomer nothing',
    [
      late1,
      shown('tablet', 50, [
        [2, DELETED],
        [3, 0],
        [4, DELETED],
      ]),
    ],
    { ...changed(8), spans: catsSpans },
  ],
  ['a snapshot in place of events', [phone, { kind: 'reset', ...of, to: 3 }, apply(4, 4), end]],
  [
    'a reset after a restore',
    [
      phone,
      apply(4, 1, 2, 3, 4),
      { kind: 'restore', t: 60 },
      { kind: 'reset', ...of, t: 70, to: 4 },
      end,
    ],
    { lost: [event(4, { tag: 7 })] },
  ],
  [
    'what retention deleted before the device came',
    [phone, apply(4, 3, 4), end],
    { floor: 2, highestFloor: 2 },
  ],
  ['a connection that was down', [phone, live, { kind: 'down', t: 2000, device: 'phone' }, late]],
  ['a connection that was told of something later', [phone, live, told(3010), late]],
  ['a database that stood still', [phone, live, { kind: 'excuse', t: 20, untilT: 60 }, late]],
  [
    'a numbered device that began later',
    [{ ...numbered, t: 35 }, deliver('c1', 4), { ...end, device: 'old' }],
  ],
])('[SYN27] the checker allows %s', (_what, records, stream) => {
  expect(broken(records, stream)).toEqual([])
})
