import { isNotNull } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { httpClient } from '../contract/person.ts'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import { describeEngines } from '../support/databases.ts'
import { OAuthWorld } from './world.ts'

const soon = { timeout: 20_000 }

async function live(url: string, token: string): Promise<RawTrpcClient> {
  const socket = await RawTrpcClient.open(url, token)
  socket.call(1, 'sync.live', { version: 1 }, 'subscription')
  await vi.waitUntil(() => socket.texts.some((text) => text.includes('"ready"')), soon)
  return socket
}

describeEngines('where somebody is whom a client acts for', (engine) => {
  test('[PRE12] is told neither by its connections nor by its calls', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const his = httpClient(world.url, bob.accessToken)
    const { id } = await his.conversation.open.mutate({ userId: ann.userId })
    const presence = async () => (await his.presence.list.query({ userIds: [ann.userId] }))[0]
    const before = await presence()
    const { access } = await world.tokens(await world.client(), ann)
    const bot = httpClient(world.url, access)
    await using watch = await live(world.url, bob.accessToken)
    await using socket = await live(world.url, access)
    const { messagingUrl } = await bot.session.createTicket.mutate()
    const numbered = new WebSocket(messagingUrl)
    const frames: string[] = []
    numbered.on('message', (data: Buffer) => frames.push(data.toString()))
    await new Promise((resolve) => numbered.once('open', resolve))
    numbered.send(JSON.stringify({ method: 20, body: { timestamp: 0 } }))
    const { database } = world.deps
    const { sessions } = database.tables
    await database.tx(async (tx) => {
      const lastSeenAt = (await database.now(tx)) + 1000
      await tx.update(sessions).set({ lastSeenAt }).where(isNotNull(sessions.clientKey))
    })
    expect(before).toMatchObject({ online: false })
    expect(await presence()).toEqual(before)
    // Both hear what happens, and nobody has been told that she came.
    const body = { kind: 'text' as const, text: 'are you there?' }
    await his.message.send.mutate({ conversationId: id, body })
    for (const texts of [frames, socket.texts, watch.texts])
      await vi.waitUntil(() => texts.some((text) => text.includes('are you there?')), soon)
    await using own = await live(world.url, ann.accessToken)
    await vi.waitUntil(() => watch.texts.some((text) => text.includes('presence.changed')), soon)
    expect(own.closeCode).toBe(undefined)
    const told = watch.texts.filter((text) => text.includes('presence.changed'))
    expect(told).toHaveLength(1)
    expect(await presence()).toMatchObject({ online: true })
    numbered.terminate()
  })
})
