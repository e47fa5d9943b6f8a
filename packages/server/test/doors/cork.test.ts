import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { Cork } from '../../src/doors/cork.ts'

/** A stream that remembers what each write to the system would have held. */
class Wire extends Duplex {
  readonly writes: string[] = []

  override _read(): void {
    // Nothing comes.
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString())
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString()).join(''))
    done()
  }
}

function corkOf(stream: unknown): Cork {
  return new Cork({ _socket: stream } as unknown as WebSocket)
}

test('[NET9] what is written to a connection in one turn leaves in one write, and counts as waiting until then', async () => {
  const [one, other] = [new Wire(), new Wire()]
  const corks = [one, other].map((wire) => corkOf(wire))
  for (const text of ['a', 'b', 'c']) {
    corks.forEach((cork) => cork.hold())
    one.write(text)
    other.write(text)
  }
  expect(one.writes).toEqual([])
  expect(one.writableLength).toBe(3)
  await nextTurn()
  expect([one.writes, other.writes]).toEqual([['abc'], ['abc']])
  corks[0]?.hold()
  one.write('d')
  await nextTurn()
  expect(one.writes).toEqual(['abc', 'd'])
})

test('what is held is written at once when it is released, and once more held in the same turn', async () => {
  const wire = new Wire()
  const cork = corkOf(wire)
  cork.hold()
  wire.write('a')
  cork.release()
  expect(wire.writes).toEqual(['a'])
  cork.hold()
  wire.write('b')
  await nextTurn()
  expect(wire.writes).toEqual(['a', 'b'])
})

test('a stream that ends or breaks while it is held does no harm, nor does a socket that shows none', async () => {
  const [ended, broken] = [new Wire(), new Wire()]
  for (const wire of [ended, broken]) {
    corkOf(wire).hold()
    wire.write('a')
  }
  ended.end()
  broken.destroy()
  await once(ended, 'finish')
  expect([ended.writes, broken.writes]).toEqual([['a'], []])
  corkOf(undefined).hold()
  await nextTurn()
})
