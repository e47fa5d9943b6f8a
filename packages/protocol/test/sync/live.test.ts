import { expect, test } from 'vitest'
import {
  applied,
  asked,
  at,
  event,
  events,
  found,
  kinds,
  startCaughtUp,
} from './engine-under-test.ts'

test('[SYN3] an event that follows the position is applied', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  expect(ann.push(event(6))).toEqual([
    { kind: 'apply', stream: 'm:a', events: [event(6)], position: at(6) },
  ])
})

test('[SYN3] events that follow one another are applied together, other streams apart', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5, 'm:b': 1 } })
  const effects = ann.push(event(6), event(7), event(2, 'm:b'), event(8))
  expect(applied(effects)).toEqual([
    ['m:a', [6, 7], 7],
    ['m:b', [2], 2],
    ['m:a', [8], 8],
  ])
})

test('[SYN2] an event that was applied already is dropped', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  expect(ann.push(event(5), event(3), event(1))).toEqual([])
})

test('[SYN2] the first event of an empty stream is applied at once', () => {
  const ann = startCaughtUp()
  expect(applied(ann.push(event(1)))).toEqual([['m:a', [1], 1]])
})

test('[SYN3] an event beyond a hole waits 300 ms, and is applied when the hole closes', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  expect(ann.push(event(8))).toEqual([{ kind: 'setTimer', timer: 'gap m:a', afterMs: 300 }])
  expect(ann.push(event(7))).toEqual([])
  expect(ann.push(event(6))).toEqual([
    { kind: 'apply', stream: 'm:a', events: events(6, 8), position: at(8) },
    { kind: 'cancelTimer', timer: 'gap m:a' },
  ])
})

test('[SYN3] a hole that stays open is pulled', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.push(event(8))
  const effects = ann.fire('gap m:a')
  expect(asked(effects)).toEqual([['m:a', 5, at(5).tag]])
  expect(applied(ann.pulled([found(5, 7)]))).toEqual([['m:a', [6, 7, 8], 8]])
})

test('[SYN3] a pull that does not close the hole doubles the next wait', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.push(event(8))
  const waits: number[] = []
  for (let round = 0; round < 9; round += 1) {
    ann.fire('gap m:a')
    for (const effect of ann.pulled([found(5, 5)])) {
      if (effect.kind === 'setTimer') waits.push(effect.afterMs)
    }
  }
  expect(waits).toEqual([600, 1200, 2400, 4800, 9600, 19_200, 19_200, 19_200, 19_200])
})

test('[SYN3] a stream of which nothing is known is pulled without waiting', () => {
  const ann = startCaughtUp()
  expect(asked(ann.push(event(40)))).toEqual([['m:a', 0, 0]])
})

test('[SYN3] the timer of a hole that has closed does nothing', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.push(event(7))
  ann.push(event(6))
  expect(ann.fire('gap m:a')).toEqual([])
  expect(ann.fire('gap m:unknown')).toEqual([])
  expect(ann.fire('something else')).toEqual([])
})

test('[SYN4] what does not fit in the buffer is pulled at once', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 }, options: { maxHeldPerStream: 2 } })
  ann.push(event(8), event(9))
  const effects = ann.push(event(10))
  expect(kinds(effects)).toEqual(['cancelTimer', 'requestPull'])
  expect(applied(ann.pulled([found(5, 10)]))).toEqual([['m:a', [6, 7, 8, 9, 10], 10]])
  expect(ann.state().held).toBe(0)
})

test('[SYN4] the buffer of all streams together is bounded', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5, 'm:b': 5 }, options: { maxHeld: 3 } })
  ann.push(event(8), event(9), event(10))
  expect(asked(ann.push(event(8, 'm:b')))).toEqual([['m:b', 5, at(5).tag]])
  expect(ann.state().held).toBe(3)
})

test('[SYN4] an event that did not fit is asked for again when a pull comes back without it', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 }, options: { maxHeldPerStream: 1 } })
  ann.push(event(8))
  ann.push(event(9))
  const effects = ann.pulled([found(5, 8)])
  expect(applied(effects)).toEqual([['m:a', [6, 7, 8], 8]])
  expect(kinds(effects)).toContain('setTimer')
})

test('[SYN16] the same seq with another tag is settled by a pull', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  expect(asked(ann.push({ stream: 'm:a', seq: 5, tag: 77 }))).toEqual([['m:a', 5, at(5).tag]])
})

test('[SYN18] the answer to a send counts as the pushed event, whichever comes first', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  expect(applied(ann.feed({ kind: 'accepted', events: [event(6)] }))).toEqual([['m:a', [6], 6]])
  expect(ann.push(event(6))).toEqual([])
  expect(applied(ann.push(event(7)))).toEqual([['m:a', [7], 7]])
  expect(ann.feed({ kind: 'accepted', events: [event(7)] })).toEqual([])
})

test('[SYN18] without a subscription nothing moves', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.feed({ kind: 'disconnected' })
  expect(ann.push(event(6))).toEqual([])
  expect(ann.feed({ kind: 'accepted', events: [event(6)] })).toEqual([])
})

test('[SYN18] a lost subscription takes its timers and held events with it', () => {
  const ann = startCaughtUp({ positions: { 'm:a': 5 } })
  ann.push(event(8))
  expect(ann.feed({ kind: 'disconnected' })).toEqual([
    { kind: 'cancelTimer', timer: 'gap m:a' },
    { kind: 'cancelTimer', timer: 'compare' },
  ])
  expect(ann.state().held).toBe(0)
  expect(ann.state().busy.size).toBe(0)
})
