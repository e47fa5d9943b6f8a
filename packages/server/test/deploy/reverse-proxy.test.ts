import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

interface ReverseProxy {
  readonly url: string
  close(): void
}

type Open = (options: {
  port: number
  readyPorts: () => readonly number[]
}) => Promise<ReverseProxy>

const module = new URL('../../../../scripts/cluster/reverse-proxy.mjs', import.meta.url)
const { openReverseProxy } = (await import(module.href)) as { openReverseProxy: Open }

interface Seen {
  readonly node: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers with what it was asked, and says so first thing over a WebSocket. */
async function openNode() {
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      answer.setHeader('content-type', 'application/json')
      answer.end(seen(incoming.headers, Buffer.concat(chunks).toString()))
    })
  }).listen(0, '127.0.0.1')
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, { headers }) => {
    socket.send(seen(headers, ''))
    socket.on('message', (said: Buffer) => {
      if (said.toString() === 'end') socket.close(4321, 'as asked')
      else socket.send(said)
    })
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const seen = (headers: IncomingHttpHeaders, body: string) =>
    JSON.stringify({ node: port, headers, body })
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function openProxy(readyPorts: () => readonly number[]) {
  const proxy = await openReverseProxy({ port: 0, readyPorts })
  return Object.assign(proxy, {
    [Symbol.dispose]() {
      proxy.close()
    },
  })
}

async function ask(url: string, init?: RequestInit): Promise<Seen> {
  return (await (await fetch(url, init)).json()) as Seen
}

async function openSocket(url: string) {
  const socket = new WebSocket(url.replace('http', 'ws'), {
    headers: { 'x-forwarded-for': '6.6.6.6' },
  })
  const [first] = (await once(socket, 'message')) as [Buffer]
  return { socket, seen: JSON.parse(first.toString()) as Seen }
}

test('[OPS13] requests and WebSockets go to the nodes in turn, each with a turn of its own, and whole', async () => {
  await using one = await openNode()
  await using two = await openNode()
  using proxy = await openProxy(() => [one.port, two.port])
  const nodes = [one.port, two.port, one.port, two.port]
  const body = 'x'.repeat(300_000)
  const headers = { 'x-forwarded-for': '6.6.6.6', te: 'trailers' }
  const seen: Seen[] = []
  for (const _ of nodes) seen.push(await ask(proxy.url, { method: 'POST', body, headers }))
  expect(seen.map(({ node }) => node)).toEqual(nodes)
  for (const each of seen) {
    expect(each.body).toBe(body)
    expect(each.headers).toMatchObject({
      host: new URL(proxy.url).host,
      'x-forwarded-for': '6.6.6.6, 127.0.0.1',
      'x-forwarded-proto': 'http',
    })
    expect(each.headers).not.toHaveProperty('te')
  }
  const sockets: Awaited<ReturnType<typeof openSocket>>[] = []
  for (const _ of nodes) sockets.push(await openSocket(proxy.url))
  expect(sockets.map((each) => each.seen.node)).toEqual(nodes)
  expect(sockets[0]?.seen.headers['x-forwarded-for']).toBe('6.6.6.6, 127.0.0.1')
  for (const { socket } of sockets) {
    const answer = once(socket, 'message')
    socket.send(body)
    expect(String(((await answer) as [Buffer])[0])).toBe(body)
    const closed = once(socket, 'close')
    socket.send('end')
    expect((await closed)[0]).toBe(4321)
  }
})

test('[OPS13] a node that takes no connection is passed over, and 503 is the answer while there is none', async () => {
  await using one = await openNode()
  let ready: readonly number[] = []
  using proxy = await openProxy(() => ready)
  expect((await fetch(proxy.url)).status).toBe(503)
  const refused = new WebSocket(proxy.url.replace('http', 'ws'))
  const [error] = (await once(refused, 'error')) as [Error]
  expect(error.message).toContain('503')

  const gone = await openNode()
  await gone[Symbol.asyncDispose]()
  ready = [gone.port, one.port]
  for (const _ of [1, 2, 3, 4]) {
    expect(await ask(proxy.url, { method: 'POST', body: 'hello' })).toMatchObject({
      node: one.port,
      body: 'hello',
    })
    const { socket, seen } = await openSocket(proxy.url)
    expect(seen.node).toBe(one.port)
    socket.terminate()
  }
})

test('[OPS13] when a node has gone, its WebSockets end for their clients too, and a request under way is 502', async () => {
  const node = await openNode()
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  let port = node.port
  using proxy = await openProxy(() => [port])
  const { socket } = await openSocket(proxy.url)
  const closed = once(socket, 'close')
  await node[Symbol.asyncDispose]()
  expect((await closed)[0]).toBe(1006)

  port = (silent.address() as AddressInfo).port
  const asked = once(silent, 'request')
  const answer = fetch(proxy.url, { method: 'POST', body: 'hello' })
  await asked
  silent.closeAllConnections()
  expect((await answer).status).toBe(502)
  silent.close()
})
