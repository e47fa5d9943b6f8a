import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'
import { NumberedClient, request, textOf } from './support/seed-client.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The part of a JWT that says something. */
function payloadOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

// The bodies are the seed's own text, line for line where it gives them.
describeEngines('seed 002, replayed', (engine) => {
  test('[S2.1] [S2.2] [S2.3] [S2.4] [S2.5] [S2.6] [S2.7] [S2.8] [S2.9] [S2.10] every step', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server

    // Registration
    const registered = await request(`${url}/users`, {
      body: '{\n\t"username":"user1",\n\t"email":"user1@gmail.com",\n\t"password":"0000"\n}',
    })
    expect(registered.body).toEqual({ id: expect.stringMatching(UUID) })
    const user1 = textOf(registered, 'id')
    const user2 = textOf(
      await request(`${url}/users`, {
        body: { username: 'user2', email: 'user2@gmail.com', password: '0000' },
      }),
      'id',
    )

    // Login
    const loggedIn = await request(`${url}/login`, {
      body: '{\n\t"username":"user1",\n\t"email":"user1@gmail.com",\n\t"password":"0000"\n}',
    })
    expect(loggedIn).toMatchObject({ status: 200, body: { token: expect.any(String) } })
    const token = textOf(loggedIn, 'token')
    expect(payloadOf(token)).toMatchObject({ exp: expect.any(Number), user_id: user1 })
    const token2 = textOf(
      await request(`${url}/login`, {
        body: { username: 'user2', email: 'user2@gmail.com', password: '0000' },
      }),
      'token',
    )

    // Session resource
    const device =
      '{\n\t"device_id":"0000",\n\t"platform":"web",\n\t"model":"chrome",\n\t"build":1,\n\t"name":"ievgen-pc"\n}'
    const session = await request(`${url}/sessions`, { token, body: device })
    expect(session.body).toEqual({
      created_at: expect.any(Number),
      id: expect.stringMatching(UUID),
      messaging_url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\//),
    })
    const session2 = await request(`${url}/sessions`, { token: token2, body: device })

    // Connect to server
    await using client1 = new NumberedClient(new WebSocket(textOf(session, 'messaging_url')))
    await once(client1.socket, 'open')
    client1.send(JSON.stringify({ method: 20, timestamp: new Date().getTime() }))
    await using client2 = new NumberedClient(new WebSocket(textOf(session2, 'messaging_url')))
    await once(client2.socket, 'open')
    client2.send(JSON.stringify({ method: 20, timestamp: new Date().getTime() }))

    // Create group
    const created = await request(`${url}/groups`, {
      token,
      body: `{\n\t"name":"group_1",\n\t"user_ids":["${user2}"]\n}`,
    })
    expect(created.body).toEqual({ id: expect.stringMatching(UUID) })
    const group = textOf(created, 'id')
    for (const client of [client1, client2]) {
      const added = await client.heard(70)
      expect(Number.isInteger(added.timestamp)).toBe(true)
      expect(added.body).toMatchObject({ group_id: group, name: 'group_1' })
      expect([...added.body.user_ids].sort()).toEqual([user1, user2].sort())
    }

    // RPC Message send
    client1.send(
      JSON.stringify({ method: 40, body: { group_id: group, data: 'Hello, how are you?' } }),
    )
    const sent = await client1.heard(21)
    expect(sent.body.message_id).toMatch(UUID)
    const received = await client2.heard(20)
    expect(received.timestamp).toBe(sent.timestamp)
    expect(received.body).toMatchObject({
      message_id: sent.body.message_id,
      data: 'Hello, how are you?',
    })

    // RPC Message delivered and read
    const message = { message_id: received.body.message_id }
    client2.send(JSON.stringify({ method: 41, body: message }))
    expect((await client1.heard(22)).body).toMatchObject(message)
    client2.send(JSON.stringify({ method: 42, body: message }))
    expect((await client1.heard(23)).body).toMatchObject(message)

    // Typing
    client2.send(JSON.stringify({ method: 60, body: { group_id: group } }))
    client2.send(JSON.stringify({ method: 61, body: { group_id: group } }))
    const typist = { group_id: group, user_id: user2 }
    expect((await client1.heard(40)).body).toEqual(typist)
    expect((await client1.heard(41)).body).toEqual(typist)

    // User 1 left group, and joined again
    const gone = await request(`${url}/groups/${group}/left`, {
      method: 'PUT',
      token,
      body: `{\n\t"user_id":"${user1}"\n}`,
    })
    expect(gone.status).toBe(204)
    expect((await client2.heard(73)).body).toEqual({ group_id: group, user_id: user1 })
    const back = await request(`${url}/groups/${group}/join`, {
      method: 'PUT',
      token,
      body: `{\n\t"user_id":"${user1}"\n}`,
    })
    expect(back.status).toBe(204)
    expect((await client2.heard(72)).body).toEqual({ group_id: group, user_id: user1 })

    // Nothing else; 71 tells user 2 that he owns the group now, since its only owner has left. Who is online, which the
    // seed does not know, comes at any time.
    expect(client1.typesBut(42)).toEqual([70, 21, 22, 23, 40, 41, 73, 70])
    expect(client2.typesBut(42)).toEqual([70, 20, 27, 73, 71, 72])
  })
})
