import { expect, test } from 'vitest'
import {
  applied,
  asked,
  at,
  event,
  events,
  found,
  head,
  kinds,
  MARK,
  refusal,
  resets,
  startCaughtUp,
  startEngine,
  tagOf,
} from './engine-under-test.ts'

/** Live, with a pull of `m:a` from 5 in flight. */
function pulling(positions: Record<string, number> = { 'm:a': 5 }) {
  const ann = startEngine({ mark: MARK, positions })
  ann.ready()
  ann.heads({ heads: [head(9)] })
  return ann
}

test('[SYN8] the position follows upTo, also over what is invisible', () => {
  const ann = pulling()
  const [apply] = ann.pulled([{ stream: 'm:a', events: [event(7)], upTo: at(9), more: false }])
  expect(apply).toEqual({ kind: 'apply', stream: 'm:a', events: [event(7)], position: at(9) })
  expect(applied(ann.push(event(10)))).toEqual([['m:a', [10], 10]])
})

test('[SYN8] nothing visible still moves the position', () => {
  const ann = pulling()
  expect(applied(ann.pulled([{ ...found(5, 5), upTo: at(9) }]))).toEqual([['m:a', [], 9]])
})

test('[SYN8] what was pushed during the pull follows at once', () => {
  const ann = pulling()
  expect(ann.push(event(10), event(11))).toEqual([])
  expect(applied(ann.pulled([found(5, 9)]))).toEqual([['m:a', [6, 7, 8, 9, 10, 11], 11]])
})

test('[SYN8] also when the pull itself brings nothing', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.push({ stream: 'm:a', seq: 5, tag: 77 })
  ann.push(event(6))
  expect(applied(ann.pulled([found(5, 5)]))).toEqual([['m:a', [6], 6]])
})

test('[SYN7] pulls that fail side by side count as one failure', () => {
  const positions = { 'm:a': 5, 'm:b': 5 }
  const ann = startEngine({ mark: MARK, positions, options: { maxStreamsPerPull: 1 } })
  ann.ready()
  const effects = ann.heads({ heads: [head(9), head(9, { stream: 'm:b' })] })
  const requests = effects.flatMap((effect) => ('request' in effect ? [effect.request] : []))
  const waits = requests.flatMap((request) =>
    ann
      .feed({ kind: 'failed', request })
      .flatMap((effect) => (effect.kind === 'requestPull' ? [effect.waitMs] : [])),
  )
  expect(waits).toEqual([250, 250])
})

test('[SYN7] a new subscription does not wait for the failures of the last', () => {
  const ann = pulling()
  ann.fail('requestPull')
  ann.fail('requestPull')
  ann.feed({ kind: 'disconnected' })
  ann.ready()
  expect(ann.heads({ heads: [head(9)] })).toMatchObject([{ kind: 'requestPull', waitMs: 0 }])
})

test('[SYN8] what was pushed during the pull and is in its answer is applied once', () => {
  const ann = pulling()
  expect(ann.push(event(6), event(7))).toEqual([])
  expect(applied(ann.pulled([found(5, 9)]))).toEqual([['m:a', [6, 7, 8, 9], 9]])
  expect(ann.state().held).toBe(0)
})

test('[SYN16] a push that follows the position waits until the heads have confirmed it', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5 } })
  ann.ready()
  expect(ann.push(event(6))).toEqual([])
  expect(applied(ann.heads({ heads: [head(5)] }))).toEqual([['m:a', [6], 6]])
})

test('[SYN16] and is not taken when they say that the history is another', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 5 } })
  ann.ready()
  ann.push(event(6))
  expect(applied(ann.heads({ heads: [head(5, { tag: 77 })] }))).toEqual([])
  ann.push(event(7))
  expect(resets(ann.pulled([refusal('tag', 7)]))).toEqual([['m:a', 'tag', 7]])
})

test('[SYN8] a page with more is followed by the next', () => {
  const ann = pulling()
  const effects = ann.pulled([{ ...found(5, 7), more: true }])
  expect(applied(effects)).toEqual([['m:a', [6, 7], 7]])
  expect(asked(effects)).toEqual([['m:a', 7, tagOf(7)]])
  expect(kinds(ann.pulled([found(7, 9)]))).toEqual(['apply', 'saveMark', 'setTimer'])
})

test('[SYN8] an answer that begins too early is cut', () => {
  const ann = pulling()
  const effects = ann.pulled([{ ...found(5, 9), events: events(4, 9) }])
  expect(applied(effects)).toEqual([['m:a', [6, 7, 8, 9], 9]])
})

test('[SYN6] a pull that is older than the heads does not count for their round', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.push(event(8))
  ann.fire('gap m:a')
  const older = ann.request('requestPull')
  ann.feed({ kind: 'behind' })
  ann.heads({ heads: [head(9)] })
  const effects = ann.pulled([found(5, 8)], older)
  expect(kinds(effects)).toEqual(['apply', 'requestPull'])
  expect(kinds(ann.pulled([found(8, 9)]))).toEqual(['apply', 'saveMark', 'setTimer'])
})

test('[SYN8] events beyond upTo are not trusted', () => {
  const ann = pulling()
  const effects = ann.pulled([{ stream: 'm:a', events: events(6, 9), upTo: at(7), more: true }])
  expect(applied(effects)).toEqual([['m:a', [6, 7], 7]])
})

test('[SYN7] a pull names at most 100 streams, and two are in flight', () => {
  const names = Array.from({ length: 350 }, (_, index) => `m:${index}`)
  const ann = startEngine({
    mark: MARK,
    positions: Object.fromEntries(names.map((name) => [name, 1])),
  })
  ann.ready()
  const effects = ann.heads({ heads: names.map((stream) => head(2, { stream })) })
  expect(kinds(effects)).toEqual(['requestPull', 'requestPull'])
  expect(asked(effects)).toHaveLength(200)
  const next = ann.pulled(names.slice(0, 100).map((stream) => found(1, 2, stream)))
  expect(kinds(next).filter((kind) => kind === 'requestPull')).toHaveLength(1)
  expect(asked(next)[0]).toEqual(['m:200', 1, tagOf(1)])
})

test('[SYN7] a stream is in one pull at a time', () => {
  const ann = pulling()
  expect(asked(ann.push(event(12)))).toEqual([])
  ann.fire('gap m:a')
  expect(asked(ann.last())).toEqual([])
})

test('[SYN7] a failed pull is asked again, later and later, until one succeeds', () => {
  const ann = pulling()
  expect(ann.fail('requestPull')).toMatchObject([{ kind: 'requestPull', waitMs: 250 }])
  expect(ann.fail('requestPull')).toMatchObject([{ kind: 'requestPull', waitMs: 500 }])
  expect(ann.pulled([{ ...found(5, 6), more: true }])).toMatchObject([{}, { waitMs: 0 }])
})

test('[SYN7] a pull that moves nothing and promises more is repeated with a pause', () => {
  const ann = pulling()
  expect(ann.pulled([{ ...found(5, 5), more: true }])).toMatchObject([{ waitMs: 250 }])
  expect(ann.pulled([])).toMatchObject([{ waitMs: 500 }])
})

test('[SYN7] so is one of a stream of which nothing has been applied yet', () => {
  const ann = pulling({})
  expect(ann.pulled([{ ...found(0, 0), more: true }])).toMatchObject([{ waitMs: 250 }])
  expect(ann.pulled([{ ...found(0, 0), more: true }])).toMatchObject([{ waitMs: 500 }])
})

test('[SYN7] so is one that is refused and leads to where one was', () => {
  const ann = pulling()
  const effects = ann.pulled([refusal('tag', 5)])
  expect(effects.filter(({ kind }) => kind === 'requestPull')).toMatchObject([{ waitMs: 250 }])
})

test('[SYN7] one that is refused because of another tag leads further, and needs no pause', () => {
  const ann = pulling()
  const effects = ann.pulled([refusal('tag', 5, { tag: 77 })])
  expect(effects.filter(({ kind }) => kind === 'requestPull')).toMatchObject([{ waitMs: 0 }])
})

test('[SYN7] that a stream is gone is an answer, and makes nobody wait', () => {
  const ann = pulling({})
  ann.pulled([refusal('gone', 0)])
  expect(ann.push(event(3, 'm:b'))).toMatchObject([{ kind: 'requestPull', waitMs: 0 }])
})

test('[SYN7] answers to what is not in flight are dropped', () => {
  const ann = pulling()
  const pull = ann.request('requestPull')
  ann.pulled([found(5, 9)], pull)
  expect(ann.pulled([found(5, 20)], pull)).toEqual([])
  expect(ann.feed({ kind: 'failed', request: 99 })).toEqual([])
  expect(ann.state().pulls).toBe(0)
})

test('[SYN7] streams that were not asked for are not taken from an answer', () => {
  const ann = pulling({ 'm:a': 5, 'm:b': 1 })
  const effects = ann.pulled([found(5, 9), found(1, 3, 'm:b'), found(5, 9)])
  expect(applied(effects)).toEqual([['m:a', [6, 7, 8, 9], 9]])
})

test.each(['floor', 'future', 'tag', 'epoch'] as const)(
  '[SYN9] a position refused as %s adopts the head',
  (reason) => {
    const ann = pulling()
    const effects = ann.pulled([refusal(reason, 20, { floor: 8 })])
    expect(resets(effects)).toEqual([['m:a', reason, 20]])
    expect(asked(effects)).toEqual([['m:a', 20, tagOf(20)]])
  },
)

test('[SYN9] a client that replays goes back to the floor', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 }, options: { mode: 'from-start' } })
  ann.push(event(20))
  ann.fire('gap m:a')
  const effects = ann.pulled([refusal('floor', 20, { floor: 8 })])
  expect(resets(effects)).toEqual([['m:a', 'floor', 8]])
  expect(asked(effects)).toEqual([['m:a', 8, 0]])
})

test('[SYN9] or to the head, when nothing that he may see is left', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 }, options: { mode: 'from-start' } })
  ann.push(event(9))
  ann.fire('gap m:a')
  expect(resets(ann.pulled([refusal('floor', 7, { floor: 30 })]))).toEqual([['m:a', 'floor', 7]])
})

test('[SYN9] what was pushed before a fork came to light is not trusted', () => {
  const ann = pulling()
  ann.push(event(10), event(11))
  const effects = ann.pulled([refusal('tag', 9, { tag: 77 })])
  expect(applied(effects)).toEqual([])
  expect(asked(effects)).toEqual([['m:a', 9, 77]])
  expect(ann.state().held).toBe(0)
})

test('[SYN9] a stream that is gone is dropped', () => {
  const ann = pulling()
  expect(resets(ann.pulled([refusal('gone', 0)]))).toEqual([['m:a', 'gone', undefined]])
  expect(asked(ann.push(event(40)))).toEqual([['m:a', 0, 0]])
})

test('[SYN10] a new stream whose beginning is deleted starts at its floor, without a reset', () => {
  const ann = startCaughtUp()
  ann.push(event(40))
  const effects = ann.pulled([refusal('floor', 40, { floor: 30 })])
  expect(resets(effects)).toEqual([])
  expect(asked(effects)).toEqual([['m:a', 30, 0]])
  expect(kinds(effects)).not.toContain('requestHeads')
})

test('[SYN11] a reset makes every stream be compared, once', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5, 'm:b': 7 } })
  ann.push(event(9))
  ann.fire('gap m:a')
  const effects = ann.pulled([refusal('floor', 9, { floor: 8 })])
  expect(effects.filter((effect) => effect.kind === 'requestHeads')).toMatchObject([
    { changedSince: undefined },
  ])
  const heads = ann.request('requestHeads')
  ann.pulled([found(9, 9)])
  ann.heads({ heads: [head(9), head(8, { stream: 'm:b', tag: 77 })] }, heads)
  const done = ann.pulled([refusal('tag', 8, { tag: 77, stream: 'm:b' })])
  expect(resets(done)).toEqual([['m:b', 'tag', 8]])
  expect(kinds(done)).not.toContain('requestHeads')
})

test('[SYN11] a comparison that is due stays due over a lost subscription', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.push(event(9))
  ann.fire('gap m:a')
  ann.pulled([refusal('floor', 9, { floor: 8 })])
  ann.feed({ kind: 'disconnected' })
  expect(ann.ready()).toMatchObject([{ kind: 'requestHeads', changedSince: undefined }])
})

test('[SYN13] a pull answered from another epoch ends the subscription', () => {
  const ann = pulling()
  const request = ann.request('requestPull')
  const effects = ann.feed({
    kind: 'pulled',
    request,
    answer: { epoch: 2, streams: [found(5, 9)] },
  })
  expect(kinds(effects)).toEqual(['cancelTimer', 'resubscribe'])
})

test('[SYN15] a stream that is pulled for too long is reset to what was last heard of', () => {
  const ann = startCaughtUp({ options: { maxCatchUp: 4 } })
  ann.push(event(40))
  ann.pulled([{ ...found(0, 3), more: true }])
  const effects = ann.pulled([{ ...found(3, 6), more: true }])
  expect(applied(effects)).toEqual([['m:a', [4, 5, 6], 6]])
  expect(resets(effects)).toEqual([['m:a', 'too_far', 40]])
  expect(asked(effects)).toEqual([])
  expect(applied(ann.push(event(41)))).toEqual([['m:a', [41], 41]])
})

test('[SYN15] a client that replays is never too far behind', () => {
  const ann = startCaughtUp({ options: { maxCatchUp: 4, mode: 'from-start' } })
  ann.push(event(40))
  expect(resets(ann.pulled([{ ...found(0, 30), more: true }]))).toEqual([])
})

test('[SYN8] an answer from a position that the stream has left backwards is asked for again', () => {
  const ann = startEngine({ mark: MARK, positions: { 'm:a': 2000 } })
  ann.ready()
  const page = ann.heads({ heads: [head(2500)], next: 'm:a' })
  expect(asked(page)).toEqual([['m:a', 2000, tagOf(2000)]])
  const pull = ann.request('requestPull')
  // A later page of a database put back in between: the same stream, listed anew and far behind another history.
  ann.state().positions.set('m:a', at(7))
  expect(asked(ann.pulled([found(2000, 2500)], pull))).toEqual([['m:a', 7, tagOf(7)]])
})
