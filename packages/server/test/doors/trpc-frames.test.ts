import { METHODS, type Event, type LiveItem } from '@tidings/protocol'
import { transformTRPCResponse } from '@trpc/server'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  headTextOf,
  readConnectionParams,
  readFrame,
  writeData,
  writeLive,
  writeLiveEvents,
  writeState,
} from '../../src/doors/trpc/frames.ts'
import { toLiveEvent } from '../../src/realtime/live-event.ts'
import { appRouter } from '../../src/rpc/root.ts'

const id = '95ba5e74-810d-49b4-943f-0b2753d688c9'
const event: Event = {
  stream: `u:${id}`,
  seq: 1,
  tag: 5,
  timestamp: 1_800_000_000_000,
  type: 'mark.updated',
  body: { conversationId: id, readSeq: 3 },
}

/** How tRPC's own adapter writes a frame. */
function stockFrame(item: Parameters<typeof transformTRPCResponse>[1]): string {
  return JSON.stringify(transformTRPCResponse(appRouter._def._config, item))
}

const anyReplyTo = fc.record({
  id: fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  jsonrpc: fc.constantFrom(undefined, '2.0' as const),
})

test('[NET6] answers and states are, byte by byte, what tRPC would have written', () => {
  const data = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, new Date(0), '\u2028'))
  const same = fc.property(anyReplyTo, data, ({ id: callId, jsonrpc }, value) => {
    const head = jsonrpc === undefined ? { id: callId } : { id: callId, jsonrpc }
    const to = { id: callId, jsonrpc }
    expect(writeData(to, value)).toBe(
      stockFrame({ ...head, result: { type: 'data', data: value } }),
    )
    for (const type of ['started', 'stopped'] as const)
      expect(writeState(headTextOf(to), type)).toBe(stockFrame({ ...head, result: { type } }))
  })
  fc.assert(same)
})

test('[NET6] events that were handed out together are one frame for all who subscribe under the same id', () => {
  const events = [event, { ...event, seq: 2 }].map(toLiveEvent)
  const plain = [{ kind: 'events' as const, events: events.map((live) => live.event) }]
  const tos = [1, 'one', 1, 2].flatMap((callId) =>
    [undefined, '2.0' as const].map((jsonrpc) => ({ id: callId, jsonrpc })),
  )
  for (const to of tos) expect(writeLiveEvents(headTextOf(to), events)).toBe(writeData(to, plain))
})

test('[NET6] a live frame whose events are copied in is the frame that tRPC would have written', () => {
  const items: LiveItem[] = [
    { kind: 'ready', epoch: 7, watermark: 1 },
    { kind: 'events', events: [event, toLiveEvent({ ...event, seq: 2 }).event] },
    { kind: 'events', events: [] },
    {
      kind: 'signals',
      signals: [{ type: 'typing.started', timestamp: 1, body: { conversationId: id, userId: id } }],
    },
    { kind: 'behind' },
  ]
  for (const frameId of [1, 'a "quoted" id', '\u2028']) {
    for (const jsonrpc of [undefined, '2.0'] as const) {
      const to = { id: frameId, jsonrpc }
      expect(writeLive(headTextOf(to), items)).toBe(writeData(to, items))
      expect(writeLive(headTextOf(to), [])).toBe(writeData(to, []))
    }
  }
})

test('[NET7] what tRPC sends is read as it is meant', () => {
  const call = {
    id: 1,
    jsonrpc: '2.0',
    method: 'query',
    params: { path: 'account.get', input: { json: { a: 1 } } },
  }
  expect(readFrame(JSON.stringify(call))).toEqual([
    { id: 1, jsonrpc: '2.0', method: 'query', path: 'account.get', input: { a: 1 } },
  ])
  expect(readFrame(JSON.stringify([call, call]))).toHaveLength(2)
  expect(readFrame('{"id":"x","method":"subscription.stop"}')).toMatchObject([
    { id: 'x', method: 'subscription.stop' },
  ])
})

test('[NET6] connection params are an object with a token, or without', () => {
  const read = (data: unknown) =>
    readConnectionParams(JSON.stringify({ method: 'connectionParams', data }))
  expect(read({ token: 't' })).toEqual({ token: 't' })
  for (const data of [null, {}, { token: null }]) expect(read(data)).toEqual({ token: undefined })
  for (const data of ['t', 5, { token: 5 }, { token: {} }]) expect(read(data)).toBeUndefined()
  expect(readConnectionParams('{"method":"query"}')).toBeUndefined()
  expect(readConnectionParams('')).toBeUndefined()
})

test('[NUM1] the router and the table of numbers agree', () => {
  const numbers = Object.entries<unknown>(appRouter._def.procedures).flatMap(
    ([path, procedure]) => {
      const definition: unknown =
        typeof procedure === 'function' && '_def' in procedure ? procedure._def : undefined
      const meta =
        typeof definition === 'object' && definition !== null && 'meta' in definition
          ? definition.meta
          : undefined
      const rpc = typeof meta === 'object' && meta !== null && 'rpc' in meta ? meta.rpc : undefined
      return rpc === undefined ? [] : [[String(rpc), path]]
    },
  )
  expect(Object.fromEntries(numbers)).toEqual(METHODS)
  expect(numbers).toHaveLength(Object.keys(METHODS).length)
})
