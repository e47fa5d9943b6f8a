import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { httpClient } from '../contract/person.ts'
import { ask, Seed001Client } from '../doors/support/seed-001-client.ts'
import { describeEngines } from '../support/databases.ts'
import { OAuthWorld } from './world.ts'

/** Ann, bob, and a token by which an app acts for ann. */
async function openWorld(world: OAuthWorld, scopes: readonly string[]) {
  const [ann, bob] = [await world.person('ann'), await world.person('bob')]
  const client = await world.client({ scopes })
  const { access } = await world.tokens(client, ann, { scope: scopes.join(' ') })
  return { ann, bob, access }
}

async function post(url: string, access: string, body: object) {
  const headers = { authorization: `Bearer ${access}`, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describeEngines('applications at the doors of the seeds', (engine) => {
  test('[DIA1] [DIA6] what an app has sent by seed 000 is answered, also to one that may not read', async () => {
    await using world = await OAuthWorld.open(engine)
    const { ann, bob, access } = await openWorld(world, ['conversations:write', 'messages:send'])
    const url = `${world.url}/api/v1/messages/send_message`
    const sent = await post(url, access, { target_user_id: bob.userId, content: 'hello' })
    expect(sent).toMatchObject({
      status: 200,
      body: { send_user_id: ann.userId, target_user_id: bob.userId, content: 'hello' },
    })
    const bobs = httpClient(world.url, bob.accessToken)
    const { items } = await bobs.message.listDirect.query({ direction: 'received' })
    const [{ message } = {}, ...others] = items
    expect(others).toEqual([])
    const created_at = new Date(message?.createdAt ?? 0).toISOString()
    expect(sent.body).toMatchObject({ id: message?.id, message_sequence: 1, created_at })
  })

  test('[DIA1] an app that may open conversations and may not send opens none by a message', async () => {
    await using world = await OAuthWorld.open(engine)
    const scopes = ['conversations:read', 'conversations:write', 'messages:read']
    const { bob, access } = await openWorld(world, scopes)
    const { url } = world
    const recipient = bob.userId
    const seed000 = { target_user_id: recipient, content: 'x' }
    expect((await post(`${url}/api/v1/messages/send_message`, access, seed000)).status).toBe(403)
    const seed003 = { recipient, type: 1, message: 'x' }
    expect((await post(`${url}/messages`, access, seed003)).status).toBe(403)
    await using socket = await Seed001Client.open(url, access)
    socket.send({ recipient: bob.name, message: 'x' })
    expect(await socket.hears(1)).toMatchObject([{ error: { code: 403 } }])
    const bobs = httpClient(url, bob.accessToken)
    expect((await bobs.conversation.list.query({})).items).toEqual([])
  })

  test("[DIA3] an app is handed messages on seed 001's socket by messages:read alone, and is refused without", async () => {
    await using world = await OAuthWorld.open(engine)
    const { ann, bob, access } = await openWorld(world, ['messages:read'])
    const bobs = httpClient(world.url, bob.accessToken)
    const { id: conversationId } = await bobs.conversation.open.mutate({ userId: ann.userId })
    await using socket = await Seed001Client.open(world.url, access)
    const body = { kind: 'text', text: 'hello' } as const
    await bobs.message.send.mutate({ conversationId, body })
    expect(await socket.hears(1)).toMatchObject([
      { author: bob.name, recipient: ann.name, message: 'hello' },
    ])
    // It asks for nothing more by that: whom she knows is not its affair.
    expect((await ask(`${world.url}/api/inbox`, { jwt: access })).error.code).toBe(403)
    expect(socket.socket.readyState).toBe(WebSocket.OPEN)

    const sender = await world.client({ scopes: ['messages:send'] })
    const blind = await world.tokens(sender, ann, { scope: 'messages:send' })
    const refused = new WebSocket(`${world.url.replace('http', 'ws')}/api/ws`, {
      headers: { authorization: `Bearer ${blind.access}` },
    }).on('error', () => undefined)
    const [, response] = await once(refused, 'unexpected-response')
    expect((response as { statusCode: number }).statusCode).toBe(403)
    refused.terminate()
    await vi.waitFor(() => expect(refused.readyState).toBe(WebSocket.CLOSED))
  })

  test("[DIA3] [OAU17] an app that is limited to a conversation is handed that one's messages, and no other's", async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob, cat] = [
      await world.person('ann'),
      await world.person('bob'),
      await world.person('cat'),
    ]
    const say = async (person: typeof bob) => {
      const client = httpClient(world.url, person.accessToken)
      const { id: conversationId } = await client.conversation.open.mutate({ userId: ann.userId })
      const body = { kind: 'text', text: person.name } as const
      return { conversationId, send: () => client.message.send.mutate({ conversationId, body }) }
    }
    const [bobs, cats] = [await say(bob), await say(cat)]
    const client = await world.client({ scopes: ['messages:read'] })
    const { access } = await world.tokens(client, ann, {
      scope: 'messages:read',
      conversationIds: [bobs.conversationId],
    })
    await using socket = await Seed001Client.open(world.url, access)
    await cats.send()
    await bobs.send()
    expect(await socket.hears(1)).toMatchObject([{ author: bob.name, recipient: ann.name }])
  })
})
