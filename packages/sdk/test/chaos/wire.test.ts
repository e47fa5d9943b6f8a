import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { chanceOf } from '../e2e/support/random.ts'
import { openWire, type Wire } from './system/wire.ts'

/** A server that answers every text with the numbers from 1 to 40, a frame each. */
async function openCounting() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket) => {
    socket.on('error', () => undefined)
    socket.on('message', () => {
      for (let number = 1; number <= 40; number += 1) socket.send(String(number))
    })
  })
  const { port } = server.address() as { port: number }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}

/** However it was closed: `once` would reject at the error that comes before. */
function closed(socket: { once(event: 'close', listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()))
}

/** What comes through a wire in answer to one text, until `count` frames have come. */
async function ask(wire: Wire, count: number): Promise<readonly number[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${wire.port}`)
  await once(socket, 'open')
  const heard: number[] = []
  const whole = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      heard.push(Number(data.toString()))
      if (heard.length >= count) resolve()
    })
  })
  socket.send('go')
  await whole
  socket.terminate()
  return heard
}

const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b)
const FROM_1_TO_40 = Array.from({ length: 40 }, (_, at) => at + 1)

test('[CHA4] a wire carries whole frames, doubles some, lets some overtake, and is slow when told so', async () => {
  await using server = await openCounting()
  await using wire = await openWire({ targets: () => [server.port], chance: chanceOf(7) })
  expect(await ask(wire, 40)).toEqual(FROM_1_TO_40)
  expect(wire.meddled).toBe(0)

  wire.set({ frames: 'swapped' })
  const swapped = await ask(wire, 40)
  expect(sorted(swapped)).toEqual(FROM_1_TO_40)
  expect(swapped).not.toEqual(FROM_1_TO_40)

  wire.set({ frames: 'doubled' })
  const before = wire.meddled
  const doubled = await ask(wire, 45)
  expect([...new Set(doubled)]).toEqual(sorted([...new Set(doubled)]))
  expect(wire.meddled - before).toBeGreaterThanOrEqual(5)

  wire.set({ frames: 'kept', bytesPerSecond: 1_000, delayMs: 30 })
  expect(await ask(wire, 40)).toEqual(FROM_1_TO_40)
})

test('[CHA4] a wire is cut, refuses, breaks in the middle of what it carries, and is half-open', async () => {
  await using server = await openCounting()
  await using wire = await openWire({ targets: () => [server.port], chance: chanceOf(7) })
  const one = new WebSocket(`ws://127.0.0.1:${wire.port}`).on('error', () => undefined)
  await once(one, 'open')
  wire.cut()
  await closed(one)
  expect(wire.breaks).toBe(1)

  wire.refuse(true)
  await closed(connect(wire.port, '127.0.0.1').on('error', () => undefined))
  wire.refuse(false)
  expect(await ask(wire, 40)).toEqual(FROM_1_TO_40)

  wire.set({ raggedBytes: 300 })
  const torn = new WebSocket(`ws://127.0.0.1:${wire.port}`).on('error', () => undefined)
  torn.on('open', () => torn.send('go'))
  await closed(torn)
  wire.set({ raggedBytes: 0 })
  expect(wire.breaks).toBe(2)

  const silent = new WebSocket(`ws://127.0.0.1:${wire.port}`)
  await once(silent, 'open')
  wire.halfOpen()
  let heard = 0
  silent.on('message', () => (heard += 1))
  silent.send('go')
  // Another one's answer has come meanwhile.
  expect(await ask(wire, 40)).toEqual(FROM_1_TO_40)
  expect(heard).toBe(0)
  silent.terminate()
})

test('[CHA4] an answer with certain bytes in it is never seen: the connection breaks in its place', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', (asked) => socket.write(asked))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  {
    await using wire = await openWire({ targets: () => [port], chance: chanceOf(1) })
    wire.set({ cutBefore: Buffer.from('COMMIT\0') })
    const socket = connect(wire.port, '127.0.0.1').on('error', () => undefined)
    let heard = ''
    socket.on('data', (bytes) => (heard += bytes.toString()))
    await once(socket, 'connect')
    socket.write('BEGIN')
    await once(socket, 'data')
    socket.write('COMMIT\0')
    await closed(socket)
    expect(heard).toBe('BEGIN')
  }
  server.close()
  await once(server, 'close')
})

test('[CHA6] a wire knows where it carries the connection that comes from a port', async () => {
  await using server = await openCounting()
  await using wire = await openWire({ targets: () => [server.port], chance: chanceOf(7) })
  const socket = connect(wire.port, '127.0.0.1')
  await once(socket, 'connect')
  await vi.waitUntil(() => wire.targetOf(socket.localPort ?? 0) === server.port)
  expect(wire.targetOf(1)).toBeUndefined()
  socket.destroy()
})
