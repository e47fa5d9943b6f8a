import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { Cork } from '../../src/doors/cork.ts'
import { textFrame } from '../../src/doors/text-frame.ts'

/** A stream that remembers each write to the system. */
class Wire extends Duplex {
  readonly writes: string[] = []

  override _read(): void {
    // Nothing comes.
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString('latin1'))
    done()
  }
}

/** A WebSocket over the stream, as far as a cork looks at it. */
class Fake {
  readonly _socket: Duplex | undefined
  readyState: number = WebSocket.OPEN
  readonly sent: string[] = []

  constructor(stream?: Duplex) {
    this._socket = stream
  }

  send(text: string): void {
    this.sent.push(text)
  }
}

function corkOf(fake: Fake): Cork {
  // A cork looks at no other members.
  return new Cork(fake as unknown as WebSocket)
}

/** What the texts are on the wire. */
function framesOf(...texts: readonly string[]): string {
  return texts.map((text) => textFrame(text).toString('latin1')).join('')
}

test('[NET9] what is written to a connection in one turn leaves in one write, and counts as waiting until then', async () => {
  const [one, other] = [new Wire(), new Wire()]
  const corks = [one, other].map((wire) => corkOf(new Fake(wire)))
  for (const text of ['a', 'ä', 'a']) corks.forEach((cork) => cork.send(text))
  expect(one.writes).toEqual([])
  expect(corks.map(({ bytes }) => bytes)).toEqual([10, 10])
  await nextTurn()
  expect([one.writes, other.writes]).toEqual([[framesOf('a', 'ä', 'a')], [framesOf('a', 'ä', 'a')]])
  expect(corks.map(({ bytes }) => bytes)).toEqual([0, 0])
  corks[0]?.send('d')
  await nextTurn()
  expect(one.writes.slice(1)).toEqual([framesOf('d')])
})

test('what is held is written at once when it is released, and once more held in the same turn', async () => {
  const wire = new Wire()
  const cork = corkOf(new Fake(wire))
  cork.send('a')
  cork.release()
  expect(wire.writes).toEqual([framesOf('a')])
  cork.send('b')
  await nextTurn()
  expect(wire.writes).toEqual([framesOf('a'), framesOf('b')])
})

test('nothing is written to a socket that has begun to close, or whose stream breaks; one without a stream sends by itself', async () => {
  const [closing, broken] = [new Wire(), new Wire()]
  const fakes = [closing, broken].map((wire) => new Fake(wire))
  for (const fake of fakes) corkOf(fake).send('a')
  for (const fake of fakes.slice(0, 1)) fake.readyState = WebSocket.CLOSING
  broken.destroy()
  await once(broken, 'close')
  await nextTurn()
  expect([closing.writes, broken.writes]).toEqual([[], []])
  const bare = new Fake()
  corkOf(bare).send('a')
  expect(bare.sent).toEqual(['a'])
})

/** A connection and what is written to it. */
function connect(): { readonly cork: Cork; readonly wire: Wire } {
  const wire = new Wire()
  return { cork: corkOf(new Fake(wire)), wire }
}

test('[NET20] news leave before those hear who wait for the end of the turn, and all that comes with them in one write', async () => {
  const [sender, reader] = [connect(), connect()]
  sender.cork.send('answer')
  reader.cork.send('one', 'news')
  reader.cork.send('two', 'news')
  expect(reader.wire.writes).toEqual([])
  await Promise.resolve()
  expect(reader.wire.writes).toEqual([framesOf('one', 'two')])
  expect(sender.wire.writes).toEqual([])
  sender.cork.send('news', 'news')
  await nextTurn()
  expect(sender.wire.writes).toEqual([framesOf('answer', 'news')])
})

test('[NET20] news for more than 64 connections at once let the answers of the turn go along', async () => {
  const readers = Array.from({ length: 65 }, connect)
  for (const { cork } of readers) cork.send('news', 'news')
  await Promise.resolve()
  expect(readers.flatMap(({ wire }) => wire.writes)).toEqual([])
  await nextTurn()
  for (const { wire } of readers) expect(wire.writes).toEqual([framesOf('news')])
})

test('[NET22] what is late waits for whatever comes next, and goes with it in one write, or when its time is up', async () => {
  const { cork, wire } = connect()
  cork.send('one', 'late')
  await nextTurn()
  expect([wire.writes, cork.bytes]).toEqual([[], 5])
  cork.send('two', 'late')
  cork.send('news', 'news')
  await Promise.resolve()
  expect(wire.writes).toEqual([framesOf('one', 'two', 'news')])
  cork.releaseLate()
  cork.send('three', 'late')
  cork.releaseLate()
  expect(wire.writes.slice(1)).toEqual([framesOf('three')])
  cork.send('answer')
  cork.send('four', 'late')
  // It goes at the end of the turn already.
  cork.releaseLate()
  expect(wire.writes).toHaveLength(2)
  await nextTurn()
  expect(wire.writes.slice(2)).toEqual([framesOf('answer', 'four')])
  cork.send('five', 'late')
  cork.send('answer')
  await nextTurn()
  expect(wire.writes.slice(3)).toEqual([framesOf('five', 'answer')])
})
