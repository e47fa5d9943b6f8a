import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'
import { openSession, request, signUp, textOf } from './support/seed-client.ts'
import { createTime } from './support/time.ts'

/** How an upgrade ends: `open`, or the status of the answer. */
async function attempt(
  url: string,
  headers: Record<string, string> = {},
): Promise<number | 'open'> {
  const socket = new WebSocket(url, { headers })
  socket.on('error', () => undefined)
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.close()
      resolve('open')
    })
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
  })
}

describeEngines('tickets', (engine) => {
  test('[NET11] a ticket opens one WebSocket, whoever comes second', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const url = await openSession(ann)
    expect(await attempt(url)).toBe('open')
    expect(await attempt(url)).toBe(401)
    for (let round = 0; round < 100; round += 1) {
      const raced = await openSession(ann)
      const outcomes = await Promise.all([attempt(raced), attempt(raced)])
      expect(outcomes.sort()).toEqual([401, 'open'])
    }
  })

  test('[NET11] [NET2] a ticket made by a page is for that page, and no foreign page gets in at all', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const device = { device_id: 'tab' }
    const origin = 'http://localhost:5173'
    const ticket = async () =>
      textOf(
        await request(`${server.url}/sessions`, {
          token: ann.token,
          body: device,
          headers: { origin },
        }),
        'messaging_url',
      )
    expect(await attempt(await ticket(), { origin })).toBe('open')
    expect(await attempt(await ticket(), { origin: 'http://localhost:9999' })).toBe(403)
    const evil = ['http://evil.example', 'null', 'http://localhost:5173.evil.example']
    for (const other of evil)
      expect(await attempt(await openSession(ann), { origin: other })).toBe(403)
    // Refused before the ticket was looked at: it is still good.
    const own = await ticket()
    expect(await attempt(own, { origin: 'http://evil.example' })).toBe(403)
    expect(await attempt(own, { origin })).toBe('open')
  })

  test('[NET11] a ticket is refused when it is made up, too long, or of a session that has ended', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const base = server.url.replace('http', 'ws')
    for (const path of [
      '/ws/',
      '/ws',
      '/ws/x',
      `/ws/${'a'.repeat(43)}`,
      `/ws/${'a'.repeat(300)}`,
      '/ws/..%2f',
      '/',
    ]) {
      const outcome = await attempt(base + path)
      expect([401, 404], path).toContain(outcome)
    }
    const url = await openSession(ann)
    const ended = await request(`${server.url}/trpc/account.logout`, { token: ann.token, body: {} })
    expect(ended.status).toBe(200)
    expect(await attempt(url)).toBe(401)
  })

  test('[NET11] a ticket is no bearer token, and a token no ticket', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const url = await openSession(ann)
    const ticket = url.split('/').at(-1) ?? ''
    const asBearer = await request(`${server.url}/groups`, { token: ticket, body: { name: 'g' } })
    expect(asBearer).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } })
    expect(await attempt(`${server.url.replace('http', 'ws')}/ws/${ann.token}`)).not.toBe('open')
    expect(await attempt(url)).toBe('open')
  })

  test('[NET10] the connection of a session that ends is closed with 4403', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const socket = new WebSocket(await openSession(ann))
    await once(socket, 'open')
    const closed = once(socket, 'close')
    await request(`${server.url}/trpc/account.logout`, { token: ann.token, body: {} })
    expect((await closed)[0]).toBe(4403)
  })
})

test('[NET11] a ticket that is 30 s old is refused', async () => {
  const time = createTime('sqlite')
  await using server = await startTestServer({ engine: 'sqlite', clock: time.clock })
  const ann = await signUp(server.url, 'ann')
  const [young, old] = [await openSession(ann, 'a'), await openSession(ann, 'b')]
  await time.pass(server.databaseUrl, 29_000)
  expect(await attempt(young)).toBe('open')
  await time.pass(server.databaseUrl, 2_000)
  expect(await attempt(old)).toBe(401)
})
