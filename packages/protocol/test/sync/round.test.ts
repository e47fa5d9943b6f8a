import { expect, test } from 'vitest'
import {
  applied,
  asked,
  at,
  event,
  found,
  head,
  kinds,
  MARK,
  refusal,
  resets,
  startCaughtUp,
  startEngine,
} from './engine-under-test.ts'

const DAY = 86_400_000
const saved = { kind: 'saveMark', mark: { epoch: 1, watermark: 3000, comparedAt: 1000 } }

test('[SYN5] a client with a mark asks for what changed since its watermark', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5 } })
  expect(ann.ready()).toEqual([
    {
      kind: 'requestHeads',
      request: 1,
      changedSince: 1000,
      after: undefined,
      limit: 1000,
      waitMs: 0,
    },
  ])
})

test.each([
  ['it has no mark', undefined, 2000],
  ['a day has passed', MARK, 1000 + DAY],
  ["the server's clock went back", MARK, 999],
])('[SYN5] it asks for all heads when %s', (_why, mark, watermark) => {
  const ann = startEngine({ mark, positions: { 'm:a': 5 } })
  expect(ann.ready(1, watermark)).toMatchObject([{ kind: 'requestHeads', changedSince: undefined }])
})

test('[SYN5] it asks for all heads again when the daily timer fires', () => {
  const ann = startEngine({ mark: MARK })
  ann.ready()
  expect(ann.heads()).toEqual([
    saved,
    { kind: 'setTimer', timer: 'compare', afterMs: DAY + 1000 - 3000 },
  ])
  expect(ann.fire('compare')).toMatchObject([{ kind: 'requestHeads', changedSince: undefined }])
  expect(ann.heads()).toMatchObject([{ kind: 'saveMark', mark: { comparedAt: 3000 } }, {}])
})

test('[SYN5] streams that moved are pulled, the others are left alone', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5, 'm:b': 7 } })
  ann.ready()
  expect(asked(ann.heads({ heads: [head(5), head(9, { stream: 'm:b' })] }))).toEqual([
    ['m:b', 7, at(7).tag],
  ])
})

test('[SYN5] pages of heads are asked for one after the other and pulled as they come', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5 } })
  ann.ready()
  const first = ann.heads({ heads: [head(6)], next: 'm:a' })
  expect(kinds(first)).toEqual(['requestHeads', 'requestPull'])
  expect(first[0]).toMatchObject({ after: 'm:a', changedSince: 1000 })
})

test('[SYN6] the mark waits for the last page and the last pull, and is of the first page', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5, 'm:b': 7 } })
  ann.ready()
  const first = ann.heads({ heads: [head(6)], next: 'm:a' })
  const pull = ann.request('requestPull')
  expect(kinds(first)).not.toContain('saveMark')
  const second = ann.heads({ watermark: 9000, heads: [head(8, { stream: 'm:b' })] })
  const lastPull = ann.request('requestPull')
  expect(kinds(second)).not.toContain('saveMark')
  expect(kinds(ann.pulled([found(5, 6)], pull))).toEqual(['apply'])
  const done = ann.pulled([found(7, 8, 'm:b')], lastPull)
  expect(kinds(done)).toEqual(['apply', 'saveMark', 'setTimer'])
  expect(done[1]).toEqual(saved)
})

test('[SYN6] nothing is marked when the subscription is lost half-way', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5 } })
  ann.ready()
  ann.heads({ heads: [head(6)] })
  const pull = ann.request('requestPull')
  ann.feed({ kind: 'disconnected' })
  expect(ann.pulled([found(5, 6)], pull)).toEqual([])
  expect(ann.ready()).toMatchObject([{ kind: 'requestHeads', changedSince: 1000 }])
})

test('[SYN12] another epoch resets every stream, and drops those that are not listed', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5, 'm:b': 7 } })
  expect(ann.ready(2)).toMatchObject([{ kind: 'requestHeads', changedSince: undefined }])
  const effects = ann.heads({ epoch: 2, heads: [head(3)] })
  expect(resets(effects)).toEqual([
    ['m:a', 'epoch', 3],
    ['m:b', 'gone', undefined],
  ])
  expect(effects.at(-2)).toEqual({
    kind: 'saveMark',
    mark: { epoch: 2, watermark: 3000, comparedAt: 3000 },
  })
})

test('[SYN12] a stream that is gone with the old epoch is dropped once', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:b': 7 } })
  ann.ready(2)
  expect(resets(ann.heads({ epoch: 2 }))).toEqual([['m:b', 'gone', undefined]])
  ann.fire('compare')
  expect(resets(ann.heads({ epoch: 2 }))).toEqual([])
})

test('[SYN12] with from-start another epoch replays every stream', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5 }, options: { mode: 'from-start' } })
  ann.ready(2)
  const effects = ann.heads({ epoch: 2, heads: [head(3)] })
  expect(resets(effects)).toEqual([['m:a', 'epoch', 0]])
  expect(asked(effects)).toEqual([['m:a', 0, 0]])
})

test('[SYN12] a stream that comes back before the new heads are complete is reset before it goes on', () => {
  const bob = startEngine({
    mark: MARK,
    positions: { 'm:a': 5, 'm:b': 7 },
    options: { mode: 'from-start' },
  })
  bob.ready(2)
  bob.push(event(3, 'm:b'))
  const listed = bob.heads({ epoch: 2, heads: [head(2)] })
  expect(asked(listed)).toEqual([
    ['m:a', 0, 0],
    ['m:b', 0, 0],
  ])
  const answer = { epoch: 2, streams: [found(0, 3, 'm:b')] }
  const done = bob.feed({ kind: 'pulled', request: bob.request('requestPull'), answer })
  expect(resets(done)).toEqual([['m:b', 'epoch', 0]])
  expect(applied(done)).toEqual([['m:b', [1, 2, 3], 3]])
})

test('[SYN13] heads of another epoch than the subscription end it', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5 } })
  ann.ready()
  expect(kinds(ann.heads({ epoch: 2, heads: [head(3)] }))).toEqual(['cancelTimer', 'resubscribe'])
  expect(ann.push(event(6))).toEqual([])
  ann.ready(2)
  expect(resets(ann.heads({ epoch: 2, heads: [head(3)] }))).toEqual([['m:a', 'epoch', 3]])
})

test('[SYN14] a fresh client adopts the heads', () => {
  const ann = startEngine()
  ann.ready()
  const effects = ann.heads({ heads: [head(40), head(0, { stream: 'm:b' })] })
  expect(resets(effects)).toEqual([
    ['m:a', 'new', 40],
    ['m:b', 'new', 0],
  ])
  expect(kinds(effects)).toContain('saveMark')
})

test('[SYN14] events pushed before the first heads wait for them', () => {
  const ann = startEngine()
  ann.ready()
  expect(ann.push(event(40), event(41), event(1, 'm:b'))).toEqual([])
  const effects = ann.heads({ heads: [head(40)], next: 'm:a' })
  expect(resets(effects)).toEqual([['m:a', 'new', 40]])
  expect(applied(effects)).toEqual([['m:a', [41], 41]])
  expect(asked(ann.heads())).toEqual([['m:b', 0, 0]])
})

test('[SYN14] a stream that appears later is pulled from its beginning', () => {
  const ann = startEngine({ mark: MARK })
  ann.ready()
  expect(asked(ann.heads({ heads: [head(40)] }))).toEqual([['m:a', 0, 0]])
})

test('[SYN14] a client that replays pulls everything from the beginning', () => {
  const ann = startEngine({ options: { mode: 'from-start' } })
  ann.ready()
  const effects = ann.heads({ heads: [head(4000)] })
  expect(asked(effects)).toEqual([['m:a', 0, 0]])
  expect(resets(effects)).toEqual([])
})

test('[SYN9] the head that the server names is adopted, also when retention has gone beyond it', () => {
  const ann = startEngine()
  ann.ready()
  expect(resets(ann.heads({ heads: [head(5, { floor: 30 })] }))).toEqual([['m:a', 'new', 5]])
})

test('[SYN16] a position at the floor, which has no tag, is level with a head there', () => {
  const ann = startCaughtUp({ positions: { 'm:a': { seq: 30, tag: 0 } } })
  ann.fire('compare')
  expect(asked(ann.heads({ heads: [head(30, { floor: 30 })] }))).toEqual([])
  ann.fire('compare')
  expect(asked(ann.heads({ heads: [head(30, { floor: 20 })] }))).toEqual([['m:a', 30, 0]])
})

test('[SYN15] a stream too far behind is reset to its head', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5, 'm:b': 5 } })
  ann.ready()
  const effects = ann.heads({ heads: [head(1006), head(1005, { stream: 'm:b' })] })
  expect(resets(effects)).toEqual([['m:a', 'too_far', 1006]])
  expect(asked(effects)).toEqual([['m:b', 5, at(5).tag]])
})

test('[SYN16] a full comparison pulls what went back, forked, or is not listed', () => {
  const positions = { 'm:a': 5, 'm:b': 5, 'm:c': 5, 'm:d': 5 }
  const ann = startCaughtUp({ positions })
  ann.fire('compare')
  const effects = ann.heads({
    heads: [head(4), head(5, { stream: 'm:b', tag: 77 }), head(5, { stream: 'm:c' })],
  })
  expect(asked(effects)).toEqual([
    ['m:a', 5, at(5).tag],
    ['m:b', 5, at(5).tag],
    ['m:d', 5, at(5).tag],
  ])
  const done = ann.pulled([
    refusal('future', 4),
    refusal('tag', 5, { tag: 77, stream: 'm:b' }),
    refusal('gone', 0, { stream: 'm:d' }),
  ])
  expect(resets(done)).toEqual([
    ['m:a', 'future', 4],
    ['m:b', 'tag', 5],
    ['m:d', 'gone', undefined],
  ])
})

test('[SYN16] heads that are merely older than the pushes change nothing', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.fire('compare')
  const heads = ann.request('requestHeads')
  ann.push(event(6))
  expect(asked(ann.heads({ heads: [head(5)] }, heads))).toEqual([['m:a', 6, at(6).tag]])
  expect(kinds(ann.pulled([found(6, 6)]))).toEqual(['saveMark', 'setTimer'])
})

test('[SYN17] a client that fell behind asks for the changed heads again', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  expect(ann.feed({ kind: 'behind' })).toMatchObject([{ kind: 'requestHeads', changedSince: 3000 }])
  expect(asked(ann.heads({ heads: [head(9)] }))).toEqual([['m:a', 5, at(5).tag]])
})

test('[SYN17] during a round it asks again after the round', () => {
  const ann = startEngine({ mark: MARK })
  ann.ready()
  const first = ann.request('requestHeads')
  expect(ann.feed({ kind: 'behind' })).toEqual([])
  const effects = ann.heads({}, first)
  expect(kinds(effects)).toEqual(['saveMark', 'requestHeads'])
  expect(kinds(ann.heads())).toEqual(['saveMark', 'setTimer'])
})

test('[SYN7] a failed page of heads is asked for again, later and later', () => {
  const ann = startEngine({ mark: MARK })
  ann.ready()
  const waits = Array.from({ length: 9 }, () => {
    const [effect] = ann.fail('requestHeads')
    return effect?.kind === 'requestHeads' ? effect.waitMs : undefined
  })
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000])
})
