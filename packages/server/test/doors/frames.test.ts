import { once } from 'node:events'
import { connect } from 'node:net'
import { LIMITS } from '@tidings/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { openSession, signUp, type SeedUser } from './support/seed-client.ts'
import { sendRaw, statusOf } from './support/raw-http.ts'

let server: TestServer
let ann: SeedUser

beforeAll(async () => {
  server = await startTestServer({ engine: 'sqlite' })
  ann = await signUp(server.url, 'ann')
})

afterAll(() => server[Symbol.asyncDispose]())

/** One frame as a client sends it, masked with zeros. */
function frame(options: {
  first: number
  payload?: Buffer | string
  masked?: boolean
  length?: number
}): Buffer {
  const payload = Buffer.from(options.payload ?? '')
  const length = options.length ?? payload.length
  const mask = options.masked === false ? 0 : 0x80
  const head = length < 126 ? Buffer.from([options.first, mask | length]) : Buffer.alloc(10)
  if (length >= 126) {
    head.writeUInt8(options.first, 0)
    head.writeUInt8(mask | 127, 1)
    head.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([head, Buffer.alloc(mask === 0 ? 0 : 4), payload])
}

/** Opens a WebSocket by hand, sends bytes, and answers the code of the server's close frame. */
async function closeCodeAfter(target: string, bytes: Buffer, headers = ''): Promise<number> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  const chunks: Buffer[] = []
  socket.write(
    `GET ${target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`,
  )
  await once(socket, 'data')
  const closed = new Promise<number>((resolve) => {
    socket.on('close', () => resolve(0))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      const answer = Buffer.concat(chunks)
      const at = answer.lastIndexOf(0x88)
      // The close frame is the last thing that a server sends.
      if (at >= 0 && answer.length === at + 2 + (answer[at + 1] ?? 0)) {
        resolve(answer.readUInt16BE(at + 2))
        socket.destroy()
      }
    })
  })
  socket.write(bytes)
  return closed
}

const text = 0x81
const code = (value: number) => Buffer.from([value >> 8, value & 255])

const illegal: readonly [string, Buffer, readonly number[]][] = [
  ['not masked', frame({ first: text, payload: '{}', masked: false }), [1002]],
  ['compressed without having agreed', frame({ first: text | 0x40, payload: '{}' }), [1002]],
  ['reserved bits', frame({ first: text | 0x30, payload: '{}' }), [1002]],
  ['continuation of nothing', frame({ first: 0x80, payload: 'x' }), [1002]],
  ['reserved opcode', frame({ first: 0x83, payload: 'x' }), [1002]],
  ['fragmented ping', frame({ first: 0x09, payload: 'x' }), [1002]],
  ['ping of 126 bytes', frame({ first: 0x89, payload: 'x'.repeat(126) }), [1002]],
  [
    'text inside a text',
    Buffer.concat([frame({ first: 0x01, payload: 'x' }), frame({ first: text, payload: 'x' })]),
    [1002],
  ],
  ['close code 999', frame({ first: 0x88, payload: code(999) }), [1002]],
  ['close code 1005', frame({ first: 0x88, payload: code(1005) }), [1002]],
  ['close code 5000', frame({ first: 0x88, payload: code(5000) }), [1002]],
  ['half a close code', frame({ first: 0x88, payload: 'x' }), [1002]],
  ['invalid UTF-8', frame({ first: text, payload: Buffer.from([0xc3, 0x28]) }), [1007]],
  [
    'a close reason of invalid UTF-8',
    frame({ first: 0x88, payload: Buffer.from([3, 232, 0xff]) }),
    [1007],
  ],
  [
    'a length above the limit',
    frame({ first: text, payload: 'x', length: LIMITS.bodyBytes + 1 }),
    [1009],
  ],
  [
    'an absurd length',
    frame({ first: text, payload: 'x', length: Number.MAX_SAFE_INTEGER }),
    [1009],
  ],
  [
    'too much in fragments',
    Buffer.concat([
      frame({ first: 0x01, payload: 'x'.repeat(200 * 1024) }),
      frame({ first: 0x80, payload: 'x'.repeat(200 * 1024) }),
    ]),
    [1009],
  ],
  [
    '200,000 fragments of a byte',
    Buffer.concat([
      frame({ first: 0x01, payload: 'x' }),
      ...Array.from({ length: 200_000 }, () => frame({ first: 0x00, payload: 'x' })),
    ]),
    [1008],
  ],
  ['binary', frame({ first: 0x82, payload: '{}' }), [1003]],
  [
    'text after close',
    Buffer.concat([
      frame({ first: 0x88, payload: code(1000) }),
      frame({ first: text, payload: 'x' }),
    ]),
    [1000],
  ],
]

test('[NET8] frames against the rules close with the code of the rule, on both doors', async () => {
  for (const [name, bytes, codes] of illegal) {
    const header = `Authorization: Bearer ${ann.token}\r\n`
    expect(codes, `tRPC: ${name}`).toContain(await closeCodeAfter('/trpc', bytes, header))
    const path = new URL(await openSession(ann)).pathname
    expect(codes, `numbered: ${name}`).toContain(await closeCodeAfter(path, bytes))
  }
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
})

test('[NET3] handshakes that are none are answered over HTTP', async () => {
  const upgrade = 'Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  const table = [
    [`GET /trpc HTTP/1.1\r\n${upgrade}${key}Sec-WebSocket-Version: 12\r\n\r\n`, [400, 426]],
    [`GET /trpc HTTP/1.1\r\n${upgrade}Sec-WebSocket-Version: 13\r\n\r\n`, [400]],
    [
      `GET /trpc HTTP/1.1\r\n${upgrade}Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      [400],
    ],
    [`POST /trpc HTTP/1.1\r\n${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`, [400, 405]],
    [`GET /trpc HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n`, [400]],
    [`GET /nowhere HTTP/1.1\r\n${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`, [404]],
    [`GET /%00 HTTP/1.1\r\n${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`, [404]],
  ] as const
  for (const [bytes, statuses] of table) {
    const answer = await sendRaw(server.port, bytes)
    expect(statuses, bytes).toContain(statusOf(answer))
  }
})
