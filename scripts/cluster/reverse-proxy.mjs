// A reverse proxy for HTTP and WebSockets, for one machine and without TLS: what a real one does for several nodes, in
// a page of Node. Each request, and each WebSocket, goes to the next node that is ready.
import { createServer, request as httpRequest } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'

/** What is said between two neighbours only. Node frames the body of an answer anew. */
const BETWEEN_NEIGHBOURS = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
])

/** Answers the one that is to be tried first, then the others, each time beginning with the next. */
function roundRobin(list) {
  let turn = 0
  return () => {
    const items = list()
    const start = turn++ % Math.max(items.length, 1)
    return [...items.slice(start), ...items.slice(0, start)]
  }
}

/** A connection to the first of them that takes one: nothing has been sent then, so trying another is safe. */
async function connectToFirst(ports) {
  for (const port of ports) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {})
    try {
      await once(socket, 'connect')
      return socket
    } catch {
      socket.destroy()
    }
  }
  return undefined
}

/** Pairs of name and value. What a client says of its own way here stays, to the left of what we know. */
function headersFor(incoming) {
  const { rawHeaders, socket } = incoming
  const pairs = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toLowerCase()
    if (!BETWEEN_NEIGHBOURS.has(name) && name !== 'x-forwarded-for' && name !== 'x-forwarded-proto')
      pairs.push([rawHeaders[at], rawHeaders[at + 1]])
  }
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  const said = incoming.headers['x-forwarded-for']
  const way = said === undefined ? address : `${String(said)}, ${address}`
  pairs.push(['X-Forwarded-For', way], ['X-Forwarded-Proto', 'http'])
  return pairs
}

async function passRequest(incoming, answer, ports) {
  const socket = await connectToFirst(ports)
  if (socket === undefined) {
    answer.writeHead(503, { 'retry-after': '1' }).end('no node is ready\n')
    return
  }
  const { method, url } = incoming
  const headers = [...headersFor(incoming), ['Connection', 'close']].flat()
  const request = httpRequest({ method, path: url, headers, createConnection: () => socket })
  request.on('response', (response) => {
    const names = Object.entries(response.headers).filter(
      ([name]) => !BETWEEN_NEIGHBOURS.has(name) && name !== 'transfer-encoding',
    )
    answer.writeHead(response.statusCode ?? 502, Object.fromEntries(names))
    response.on('error', () => answer.destroy()).pipe(answer)
  })
  request.on('error', () => {
    if (answer.headersSent) answer.destroy()
    else answer.writeHead(502).end('the node has gone\n')
  })
  answer.on('close', () => request.destroy())
  incoming.pipe(request)
}

async function passUpgrade(incoming, client, { head, ports }) {
  client.on('error', () => {})
  const node = await connectToFirst(ports)
  if (node === undefined) {
    client.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    return
  }
  const lines = [...headersFor(incoming), ['Connection', 'Upgrade']].map((pair) => pair.join(': '))
  const first = `${incoming.method} ${incoming.url} HTTP/1.1`
  node.write([first, ...lines, '', ''].join('\r\n'), 'latin1')
  node.write(head)
  client.setNoDelay(true)
  client.pipe(node).pipe(client)
  client.on('close', () => node.destroy())
  node.on('close', () => client.destroy())
  if (client.destroyed) node.destroy()
}

/**
 * Listens on `port` of this machine (0: any) and passes on to `readyPorts()`. WebSockets have a turn of their own, so that
 * they are spread evenly whatever else is asked.
 */
export async function openReverseProxy({ port, readyPorts }) {
  const forRequests = roundRobin(readyPorts)
  const forSockets = roundRobin(readyPorts)
  const upgraded = new Set()
  const server = createServer((incoming, answer) => {
    void passRequest(incoming, answer, forRequests())
  })
  server.on('upgrade', (incoming, client, head) => {
    upgraded.add(client)
    client.on('close', () => upgraded.delete(client))
    void passUpgrade(incoming, client, { head, ports: forSockets() })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** No more of anything new. */
    refuse: () => server.close(),
    /** The nodes have closed what they had; what is left is cut. */
    close() {
      server.close()
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
    },
  }
}
