import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createHash } from 'node:crypto'
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { textFrame } from '../../src/doors/text-frame.ts'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A WebSocket client, and the bare stream at the other end. */
async function openPair() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connected = once(server, 'connection')
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const [stream]: Socket[] = await connected
  if (stream === undefined) throw new Error('nobody came')
  const [request] = await once(stream, 'data')
  const key = /^sec-websocket-key: (.*)\r$/im.exec(String(request))?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64')
  const opened = once(client, 'open')
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  await opened
  return {
    client,
    stream,
    async [Symbol.asyncDispose]() {
      client.terminate()
      stream.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a frame is read by a client as the text, whatever its length and letters', async () => {
  await using pair = await openPair()
  const texts = ['', 'a', 'é€🙂', '\u{D800}']
  for (const length of [125, 126, 65_535, 65_536, 300_000]) {
    texts.push('x'.repeat(length), 'é'.repeat(Math.floor(length / 2)))
  }
  const heard: string[] = []
  pair.client.on('message', (data, isBinary) => heard.push(isBinary ? 'binary' : String(data)))
  for (const text of texts) pair.stream.write(textFrame(text))
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(texts.length)
  // Half a letter is not to be had in UTF-8.
  expect(heard).toEqual(texts.map((text) => text.replaceAll('\u{D800}', '\u{FFFD}')))
})

test('the same text, one connection after the other, is one frame; a large one is not kept', () => {
  const frame = textFrame('to all')
  expect(textFrame(['to', 'all'].join(' '))).toBe(frame)
  expect(textFrame('to one')).not.toBe(frame)
  expect(textFrame('to all').equals(frame)).toBe(true)
  const large = 'x'.repeat(70_000)
  expect(textFrame(large) === textFrame(large)).toBe(false)
})
