import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { LIMITS } from '@tidings/protocol'
import { expect, test, vi } from 'vitest'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { createGroup, NumberedClient, openSession, signUp } from './support/seed-client.ts'
import { RawTrpcClient } from './support/trpc-client.ts'

/** A masked text frame, as a client must send it. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.alloc(payload.length < 126 ? 6 : 8)
  head[0] = 0x81
  if (payload.length < 126) head[1] = 0x80 | payload.length
  else {
    head[1] = 0x80 | 126
    head.writeUInt16BE(payload.length, 2)
  }
  return Buffer.concat([head, payload])
}

/** A client that opens a WebSocket and then never reads a byte. */
async function openDeaf(server: TestServer, target: string, headers = ''): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`,
  )
  await once(socket, 'data')
  socket.pause()
  return socket
}

/** Until more can be written, or nobody is there; whatever came, nothing listens for the other any longer. */
async function drained(socket: Socket): Promise<void> {
  const ended = new AbortController()
  const { signal } = ended
  try {
    await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })])
  } finally {
    ended.abort()
  }
}

setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

/** Bytes of memory in use that the collector cannot take, with what sockets hold. */
function memory(): number {
  if (typeof collectGarbage === 'function') collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const text = 'x'.repeat(16_000)

test('[NET9] a numbered client that never reads is skipped: memory stays bounded, and it gets everything the next time', async () => {
  await using server = await startTestServer({ engine: 'sqlite', timings: { tickMs: 20 } })
  const ann = await signUp(server.url, 'ann')
  const bob = await signUp(server.url, 'bob')
  const group = await createGroup(ann, [bob])
  const target = new URL(await openSession(bob)).pathname
  const deaf = await openDeaf(server, target)
  deaf.write(textFrame('{"method":20,"timestamp":0}'))
  await using sender = await NumberedClient.open(ann)
  await sender.say(group, text)
  const before = memory()
  const count = 800
  for (let index = 0; index < count; index += 1) {
    sender.send({ method: 40, body: { group_id: group, data: `${index} ${text}` } })
  }
  await sender.count(21, count + 1)
  // 13 MB have been said; what the deaf one holds back is far less.
  await vi.waitFor(() => expect(memory() - before).toBeLessThan(6_000_000), { timeout: 15_000 })
  deaf.destroy()
  await using back = await NumberedClient.open(bob)
  await back.count(20, count + 1)
  expect(back.texts().at(-1)).toBe(`${count - 1} ${text}`)
})

// On our adapter alone, as the next: tRPC's own sends without looking at what waits to be sent (docs/adr/0008).
test('[NET9] a tRPC client that asks and never reads is not read from: it cannot make the server buffer', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  const bob = await signUp(server.url, 'bob')
  const group = await createGroup(ann, [bob])
  await using sender = await RawTrpcClient.open(server.url, ann.token)
  for (let id = 0; id < 100; id += 1) {
    const body = { kind: 'text', text }
    sender.call(id, 'message.send', { conversationId: group, body })
  }
  await sender.heard(() => sender.frames.length === 100)
  const deaf = await openDeaf(server, '/trpc', `Authorization: Bearer ${bob.token}\r\n`)
  const before = memory()
  // Each answer is 1.6 MB: a thousand of them would be 1.6 GB.
  const input = { json: { conversationId: group, limit: 100 } }
  for (let id = 0; id < 1000; id += 1) {
    deaf.write(
      textFrame(JSON.stringify({ id, method: 'query', params: { path: 'message.list', input } })),
    )
  }
  // Somebody else is served meanwhile, as if nothing were.
  for (let id = 1000; id < 1100; id += 1) {
    sender.call(id, 'account.get', undefined, 'query')
    await sender.answer(id)
  }
  expect(memory() - before).toBeLessThan(LIMITS.concurrentCallsPerConnection * 6_000_000)
  deaf.destroy()
})

test('[NET9] who floods with pings and never reads gets no pongs to buffer', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  const deaf = await openDeaf(server, '/trpc', `Authorization: Bearer ${ann.token}\r\n`)
  const payload = Buffer.alloc(125, 1)
  const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), payload])
  const flood = Buffer.concat(Array.from({ length: 1000 }, () => ping))
  const before = memory()
  for (let round = 0; round < 200; round += 1) {
    if (!deaf.write(flood)) await drained(deaf)
  }
  expect(memory() - before).toBeLessThan(20_000_000)
  deaf.destroy()
})

test('[NET9] a reader that has not drained in time is closed with 1013', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'performance'] })
  try {
    await using server = await startTestServer({ engine: 'sqlite' })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const group = await createGroup(ann, [bob])
    const deaf = await openDeaf(server, new URL(await openSession(bob)).pathname)
    deaf.write(textFrame('{"method":20,"timestamp":0}'))
    await using sender = await NumberedClient.open(ann)
    const count = 600
    for (let index = 0; index < count; index += 1) {
      sender.send({ method: 40, body: { group_id: group, data: text } })
    }
    await sender.count(21, count)
    vi.advanceTimersByTime(LIMITS.slowReaderMs - 2000)
    expect(deaf.destroyed).toBe(false)
    vi.advanceTimersByTime(4000)
    const chunks: Buffer[] = []
    deaf.on('data', (chunk: Buffer) => chunks.push(chunk))
    deaf.resume()
    await once(deaf, 'close')
    const reason = 'try again later'
    const closeFrame = Buffer.from([0x88, 2 + reason.length, 1013 >> 8, 1013 & 255])
    const last = Buffer.concat(chunks).subarray(-4 - reason.length)
    expect(last).toEqual(Buffer.concat([closeFrame, Buffer.from(reason)]))
  } finally {
    vi.useRealTimers()
  }
})
