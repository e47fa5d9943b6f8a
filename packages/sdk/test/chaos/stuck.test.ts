import { expect, test } from 'vitest'
import { Traffic } from './clients/traffic.ts'
import { tellingOf } from './stuck.ts'

const edit = (id: number) =>
  `{"id":${id},"method":"mutation","params":{"path":"message.edit","input":{"json":{"clientMessageId":"bob-1"}}}}`
const query = '{"id":9,"method":"query","params":{"path":"sync.heads","input":{}}}'

/** A device at which so much time passes before each thing that happens. */
function openTraffic() {
  let now = Date.UTC(2026, 0, 1)
  const traffic = new Traffic(() => now)
  return { traffic, after: (ms: number) => void (now += ms) }
}

test('[CHA6] of a call that is tried again and again the last answer is told, how often and since when', () => {
  const { traffic, after } = openTraffic()
  const link = traffic.dialled()
  traffic.opened(link, 4711)
  traffic.said(link, edit(1))
  traffic.heard(link, '{"id":1,"error":{"message":"…","data":{"code":"UNAVAILABLE"}}}')
  after(1_500)
  traffic.said(link, edit(2))
  after(500)
  expect(traffic.tell()).toEqual([
    'connection 1 is open, from port 4711, since 2026-01-01T00:00:00.000Z',
    'message.edit, tried 2 times since 2000 ms, last 500 ms ago over connection 1: no answer yet; {"json":{"clientMessageId":"bob-1"}}',
  ])
  traffic.heard(link, '{"id":2,"error":{"message":"…","data":{"code":"UNKNOWN_RETRY"}}}')
  expect(traffic.tell()[1]).toContain(': UNKNOWN_RETRY;')
})

test('[CHA6] what was answered is not told, nor what nobody tries any more', () => {
  const { traffic, after } = openTraffic()
  const link = traffic.dialled()
  traffic.said(link, query)
  traffic.said(link, edit(1))
  traffic.heard(link, '{"id":1,"result":{"type":"data","data":{"json":{}}}}')
  expect(traffic.tell()).toHaveLength(2)
  after(60_000)
  expect(traffic.tell()).toEqual(['connection 1 is being made'])
})

test('[CHA6] a call without an answer says that its connection has ended, until it is tried over the next one', () => {
  const { traffic } = openTraffic()
  const first = traffic.dialled()
  traffic.said(first, edit(1))
  traffic.closed(first, 1006)
  expect(traffic.tell()[0]).toBe('connection 1 was closed with 1006')
  expect(traffic.tell()[1]).toContain('over connection 1: its connection was closed with 1006;')
  const second = traffic.dialled()
  traffic.said(second, edit(1))
  // It is an answer to something else.
  traffic.heard(first, '{"id":1,"result":{}}')
  expect(traffic.tell()[1]).toContain(
    'tried 2 times since 0 ms, last 0 ms ago over connection 2: no',
  )
})

test('[CHA6] of the figures of a server those are told that say what is under way and what it could not do', () => {
  const figures = [
    '# TYPE tidings_database_connections gauge',
    'tidings_database_connections{pool="writers"} 8',
    'tidings_database_connections{pool="readers"} 0',
    'tidings_refusals_total{code="UNAVAILABLE"} 3',
    'tidings_sends_total{outcome="stored"} 77',
  ]
  expect(tellingOf(figures.join('\n'))).toEqual([figures[1], figures[3]])
})
