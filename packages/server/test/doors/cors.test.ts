import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startTestServer } from '../support/test-server.ts'

const preflight = (url: string, origin: string, method = 'POST') =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  })

test('[NET2] an app on another port of this machine works at the first try', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const origin = 'http://localhost:5173'
  for (const [path, method] of [
    ['/trpc/account.login', 'POST'],
    ['/users', 'POST'],
    ['/groups/x/left', 'PUT'],
  ] as const) {
    const asked = await preflight(server.url + path, origin, method)
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin)
    expect(asked.headers.get('access-control-allow-methods')).toContain(method)
    expect(asked.headers.get('access-control-allow-headers')).toMatch(/authorization.*content-type/)
    expect(asked.headers.get('vary')).toContain('origin')
  }
  const answer = await fetch(`${server.url}/users`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'ann', password: '0000' }),
  })
  expect(answer.status).toBe(201)
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
})

test('[NET2] other pages get no permission', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  for (const origin of ['http://evil.example', 'null', 'http://localhost.evil.example:5173']) {
    const asked = await preflight(`${server.url}/users`, origin)
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  }
})

test('[NET2] a call from another page is refused before anything is done for it', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const call = (path: string, origin: string) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ann', password: '0000' }),
    })
  // The last has made its own name mean this machine: to its browser the call is no foreign one.
  for (const origin of ['http://evil.example', 'null', `http://evil.example:${server.port}`]) {
    const answer = await call('/users', origin)
    expect(answer.status, origin).toBe(403)
    expect(await answer.json()).toMatchObject({ error: { code: 'ORIGIN_REFUSED' } })
    expect((await call('/trpc/account.register', origin)).status, origin).toBe(403)
  }
  expect((await call('/users', server.url)).status).toBe(201)
})

test('[NET3] a foreign page opens no WebSocket, and nobody one on another path', async () => {
  await using server = await startTestServer({
    engine: 'sqlite',
    config: {
      publicUrl: 'https://chat.example.com',
      allowedOrigins: ['https://app.example.com'],
      host: '0.0.0.0',
    },
  })
  const base = server.url.replace('http', 'ws')
  const attempt = (path: string, origin?: string) =>
    new Promise((resolve) => {
      const socket = new WebSocket(base + path, origin === undefined ? {} : { origin })
      socket.on('error', () => undefined)
      socket.once('open', () => {
        socket.terminate()
        resolve('open')
      })
      socket.once('unexpected-response', (_, response) => resolve(response.statusCode))
    })
  expect(await attempt('/trpc')).toBe('open')
  expect(await attempt('/trpc', 'https://app.example.com')).toBe('open')
  expect(await attempt('/trpc', 'https://chat.example.com')).toBe('open')
  const foreign = [
    'http://app.example.com',
    'https://app.example.com.evil',
    'https://app.example.com:1',
    'http://localhost',
    'null',
  ]
  for (const origin of foreign) expect(await attempt('/trpc', origin), origin).toBe(403)
  for (const path of ['/', '/nowhere', '/trpc/account.get'])
    expect(await attempt(path), path).toBe(404)
})
