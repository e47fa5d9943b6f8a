import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PackedPositions } from '../../../src/doors/device/packed-positions.ts'
import { StreamNames } from '../../../src/doors/device/stream-names.ts'

const streams = fc.constantFrom(...Array.from({ length: 12 }, (_, index) => `m:${index}`))
const positions = fc.record({
  seq: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  tag: fc.integer({ min: 0, max: 0xffffffff }),
})
const actions = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('set' as const), stream: streams, position: positions }),
    fc.record({ kind: fc.constant('delete' as const), stream: streams }),
    fc.record({ kind: fc.constant('clear' as const) }),
  ),
)

test('packed positions are a map, and hold the names of their streams for as long as they are in it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(streams, positions),
      fc.array(actions, { maxLength: 3 }),
      (saved, lists) => {
        const names = new StreamNames()
        const connections = lists.map((list) => {
          const map = new Map(Object.entries(saved))
          return { list, map, packed: new PackedPositions(names, map) }
        })
        for (const { list, map, packed } of connections) {
          for (const action of list) {
            if (action.kind === 'set') {
              packed.set(action.stream, action.position)
              map.set(action.stream, action.position)
            } else if (action.kind === 'delete') {
              expect(packed.delete(action.stream)).toBe(map.delete(action.stream))
            } else {
              packed.clear()
              map.clear()
            }
          }
        }
        for (const { map, packed } of connections) {
          expect(new Map(packed)).toEqual(map)
          expect(new Set(packed.keys())).toEqual(new Set(map.keys()))
          for (let index = 0; index < 12; index += 1) {
            expect(packed.get(`m:${index}`)).toEqual(map.get(`m:${index}`))
            expect(packed.has(`m:${index}`)).toBe(map.has(`m:${index}`))
          }
        }
        const held = new Set(connections.flatMap(({ map }) => [...map.keys()]))
        expect(names.size).toBe(held.size)
        for (const { packed } of connections) packed.close()
        expect(names.size).toBe(0)
      },
    ),
  )
})

test('what is set after the end holds nothing', () => {
  const names = new StreamNames()
  const packed = new PackedPositions(names, [['m:1', { seq: 1, tag: 2 }]])
  packed.close()
  packed.set('m:2', { seq: 3, tag: 4 })
  expect([...packed]).toEqual([])
  expect(names.size).toBe(0)
})
