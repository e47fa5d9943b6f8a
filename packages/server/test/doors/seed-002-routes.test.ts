import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'
import {
  createGroup,
  NumberedClient,
  openSession,
  request,
  signUp,
  textOf,
  type SeedUser,
} from './support/seed-client.ts'

const put = (user: SeedUser, path: string, body: unknown) =>
  request(user.url + path, { method: 'PUT', token: user.token, body })

describeEngines('the routes of seed 002', (engine) => {
  test('[NUM15] nobody is added or removed by somebody who may not', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const cat = await signUp(server.url, 'cat')
    const group = await createGroup(ann, [bob])
    const left = `/groups/${group}/left`
    const join = `/groups/${group}/join`

    // A member may not remove or add another; a stranger does not even learn that the group exists.
    expect((await put(bob, left, { user_id: ann.id })).status).toBe(403)
    expect((await put(bob, join, { user_id: cat.id })).status).toBe(403)
    expect((await put(cat, left, { user_id: ann.id })).status).toBe(404)
    expect((await put(cat, join, { user_id: bob.id })).status).toBe(404)
    // Nobody lets himself in where one must be invited.
    expect((await put(cat, join, { user_id: cat.id })).status).toBe(404)
    // The owner may do both.
    await using catClient = await NumberedClient.open(cat)
    expect((await put(ann, join, { user_id: cat.id })).status).toBe(204)
    expect((await catClient.heard(70)).body.group_id).toBe(group)
    expect((await put(ann, left, { user_id: cat.id })).status).toBe(204)
    expect((await catClient.heard(73)).body).toEqual({ group_id: group, user_id: cat.id })
    // Who was removed stays out.
    expect((await put(cat, join, { user_id: cat.id })).status).not.toBe(204)
    expect((await put(ann, left, { user_id: 'everybody' })).status).toBe(400)
    expect((await put(ann, `/groups/${ann.id}/left`, { user_id: ann.id })).status).toBe(404)
    expect((await put(ann, '/groups/x/left', { user_id: ann.id })).status).toBe(400)
  })

  test("[NUM15] the routes need a token, and take nobody's word for who calls", async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const group = await createGroup(ann, [])
    for (const [method, path] of [
      ['POST', '/sessions'],
      ['POST', '/groups'],
      ['PUT', `/groups/${group}/left`],
      ['PUT', `/groups/${group}/join`],
    ] as const) {
      for (const token of [undefined, 'x', `${ann.token}x`]) {
        const body = { user_id: ann.id, device_id: 'x', name: 'x', user_ids: [] }
        const answer = await request(server.url + path, {
          method,
          body,
          ...(token === undefined ? {} : { token }),
        })
        expect([path, answer.status]).toEqual([path, 401])
      }
    }
  })

  test('[NUM16] [S2.2] one logs in by name or by e-mail address, for 14 days', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const logins = [
      { username: 'ann', password: '0000' },
      { username: 'ANN', password: '0000' },
      { email: 'ann@gmail.com', password: '0000' },
      { username: 'ann@gmail.com', password: '0000' },
    ]
    for (const body of logins) {
      const token = textOf(await request(`${server.url}/login`, { body }), 'token')
      const payload: unknown = JSON.parse(
        Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
      )
      const days = 14 * 24 * 3600
      const exp = expect.closeTo(Date.now() / 1000 + days, -2)
      expect(payload).toMatchObject({ user_id: ann.id, exp })
    }
    for (const body of [
      { username: 'ann', password: '0001' },
      { username: 'nobody', password: '0000' },
    ]) {
      expect((await request(`${server.url}/login`, { body })).status).toBe(401)
    }
    for (const body of [
      {},
      { username: 'ann' },
      { password: '0000' },
      { username: 5, password: '0000' },
    ]) {
      expect((await request(`${server.url}/login`, { body })).status).toBe(400)
    }
  })

  test('[NUM16] [S2.3] a known device gets its session again, with a new ticket', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const device = {
      device_id: '0000',
      platform: 'web',
      model: 'chrome',
      build: 1,
      name: 'ievgen-pc',
    }
    const open = (body: object) => request(`${server.url}/sessions`, { token: ann.token, body })
    const first = await open(device)
    const again = await open(device)
    const other = await open({ ...device, device_id: '0001' })
    expect(again.body['id']).toBe(first.body['id'])
    expect(again.body['created_at']).toBe(first.body['created_at'])
    expect(again.body['messaging_url']).not.toBe(first.body['messaging_url'])
    expect(other.body['id']).not.toBe(first.body['id'])
    for (const build of ['1', -1, 1.5, 1e10])
      expect((await open({ ...device, build })).status).toBe(400)
  })

  test('[NET15] a server that stops closes its WebSockets with 1012, and what it has acknowledged is there', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const group = await createGroup(ann, [])
    const client = await NumberedClient.open(ann)
    await client.say(group, 'kept')
    const trpc = new WebSocket(`${server.url.replace('http', 'ws')}/trpc`)
    await once(trpc, 'open')
    const closed = Promise.all([once(client.socket, 'close'), once(trpc, 'close')])
    const start = performance.now()
    await server.server.close()
    expect((await closed).map(([code]) => code)).toEqual([1012, 1012])
    expect(performance.now() - start).toBeLessThan(10_000)
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
    await using again = await startTestServer({ engine, databaseUrl: server.databaseUrl })
    await using back = await NumberedClient.open(
      { ...ann, url: again.url },
      { start: { method: 20, timestamp: 0 } },
    )
    await back.heard(20)
    expect(back.texts()).toEqual(['kept'])
  })
})

test('[NET15] several servers run in one process, each with its own data', async () => {
  await using one = await startTestServer({ engine: 'sqlite' })
  await using two = await startTestServer({ engine: 'sqlite' })
  expect(one.port).not.toBe(two.port)
  const ann = await signUp(one.url, 'ann')
  expect(
    (await request(`${two.url}/login`, { body: { username: 'ann', password: '0000' } })).status,
  ).toBe(401)
  expect(
    (await request(`${two.url}/groups`, { token: ann.token, body: { name: 'g' } })).status,
  ).toBe(401)
  expect(await openSession(ann)).toContain(`:${one.port}/`)
  for (const server of [one, two]) expect((await fetch(`${server.url}/metrics`)).status).toBe(200)
})
