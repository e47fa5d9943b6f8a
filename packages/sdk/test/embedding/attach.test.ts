import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import WebSocket, { WebSocketServer } from 'ws'
import { createServer, type ServerOptions } from '@tidings/server'
import { createTestPlace } from '../../../server/test/support/databases.ts'
import { createClient } from '../../src/index.ts'

/** An app with a server of its own, and Tidings below `/tidings` of it. */
async function openHost(options: ServerOptions = {}) {
  const place = await createTestPlace('sqlite')
  const host = createHttpServer((request, response) => response.end(`the app: ${request.url}`))
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  const { port } = host.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/tidings`
  const tidings = createServer({
    databaseUrl: place.url,
    publicUrl: url,
    logLevel: 'silent',
    ...options,
  })
  await tidings.attach(host)
  return {
    host,
    tidings,
    url,
    address: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await tidings.close()
      await closed(host)
      await place[Symbol.asyncDispose]()
    },
  }
}

function closed(host: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    host.close(() => resolve())
    host.closeIdleConnections()
  })
}

const textOf = async (url: string): Promise<string> => (await fetch(url)).text()

test('[EMB1] two people talk below a path of the app’s own server, and everything else is the app’s', async () => {
  await using app = await openHost()
  const ann = createClient({ url: app.url })
  const bob = createClient({ url: `${app.url}/` })
  try {
    await ann.account.register({ username: 'ann', password: 'correct horse', signIn: true })
    await bob.account.register({ username: 'bob', password: 'correct horse', signIn: true })
    await Promise.all([ann.connect(), bob.connect()])
    const heard = new Promise((resolve) => bob.on('message.created', resolve))
    const { id } = await ann.conversation.open({ username: 'bob' })
    await ann.message.send({ conversationId: id, body: { kind: 'text', text: 'hello' } })
    expect(await heard).toMatchObject({ body: { message: { body: { text: 'hello' } } } })
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
    for (const path of ['/', '/tidingsx', '/trpc/account.get', '/healthz'])
      expect(await textOf(app.address + path)).toBe(`the app: ${path}`)
  } finally {
    await Promise.all([ann.close(), bob.close()])
  }
})

test('[EMB1] the app’s own WebSockets stay its own, also when it takes them later, and a path of nobody is refused', async () => {
  await using app = await openHost()
  const open = (path: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(app.address.replace('http', 'ws') + path)
      socket.on('error', (error) => resolve(error.message))
      socket.on('message', (data: Buffer) => {
        resolve(data.toString())
        socket.close()
      })
    })
  expect(await open('/own')).toContain('404')
  const own = new WebSocketServer({ noServer: true })
  app.host.on('upgrade', (request, stream, head) =>
    own.handleUpgrade(request, stream, head, (socket) => socket.send(`the app: ${request.url}`)),
  )
  expect(await open('/own')).toBe('the app: /own')
  expect(await open('/tidings/nowhere')).toContain('404')
})

test('[EMB1] a closed server gives the addresses back, and what was under way is answered', async () => {
  await using app = await openHost()
  const registering = fetch(`${app.url}/trpc/account.register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ json: { username: 'ann', password: 'correct horse' } }),
  })
  await new Promise((resolve) => app.host.once('connection', resolve))
  const other = textOf(`${app.url}/healthz`)
  await other
  await app.tidings.close()
  expect((await registering).status).toBe(200)
  expect(await textOf(`${app.url}/healthz`)).toBe('the app: /tidings/healthz')
})

test('[EMB1] without an address for clients there is nothing to attach to', async () => {
  const host = createHttpServer()
  await expect(createServer().attach(host)).rejects.toThrow('publicUrl')
})

test('[EMB1] pages of the app may call, those of others may not', async () => {
  await using app = await openHost({ publicUrl: 'https://app.example.org/tidings' })
  const statusFrom = async (origin: string): Promise<number> =>
    (await fetch(`${app.url}/healthz`, { headers: { origin } })).status
  expect(await statusFrom('https://app.example.org')).toBe(200)
  expect(await statusFrom('https://evil.example.org')).toBe(403)
  // The server listens on loopback, but those who come from the app's address do not.
  expect(await statusFrom('http://localhost:5173')).toBe(403)
})
