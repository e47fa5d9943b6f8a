import { expect, test, vi } from 'vitest'
import { httpClient } from '../contract/person.ts'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import { describeEngines } from '../support/databases.ts'
import { OAuthWorld } from './world.ts'

describeEngines('a client that is limited to some conversations', (engine) => {
  test('[OAU17] sees, hears and does nothing beyond them', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const own = httpClient(world.url, ann.accessToken)
    const [inside, outside] = await Promise.all(
      ['inside', 'outside'].map((name) => own.group.create.mutate({ name, userIds: [bob.userId] })),
    )
    const [within, beyond] = [inside?.id ?? '', outside?.id ?? '']
    const say = async (conversationId: string, text: string) => {
      const sent = await own.message.send.mutate({ conversationId, body: { kind: 'text', text } })
      return 'messageId' in sent ? sent.messageId : ''
    }
    const [, hidden] = [await say(within, 'for the bot'), await say(beyond, 'not for the bot')]
    const client = await world.client({
      scopes: [
        'messages:read',
        'messages:send',
        'conversations:read',
        'conversations:write',
        'presence:read',
      ],
    })
    const { access } = await world.tokens(client, ann, { conversationIds: [within] })
    const bot = httpClient(world.url, access)

    const gone = { data: { code: 'NOT_FOUND' } }
    expect((await bot.conversation.list.query({})).items.map(({ id }) => id)).toEqual([within])
    expect((await bot.conversation.get.query({ conversationId: within })).id).toBe(within)
    await expect(bot.conversation.get.query({ conversationId: beyond })).rejects.toMatchObject(gone)
    await expect(bot.message.list.query({ conversationId: beyond })).rejects.toMatchObject(gone)
    await expect(bot.message.get.query({ messageId: hidden })).rejects.toMatchObject(gone)
    const body = { kind: 'text' as const, text: 'hello' }
    await expect(bot.message.send.mutate({ conversationId: beyond, body })).rejects.toMatchObject(
      gone,
    )
    await expect(
      bot.message.send.mutate([
        { conversationId: within, body },
        { conversationId: beyond, body },
      ]),
    ).rejects.toMatchObject(gone)
    await expect(bot.conversation.open.mutate({ userId: bob.userId })).rejects.toMatchObject({
      data: { code: 'FORBIDDEN' },
    })
    await expect(bot.session.createTicket.mutate()).rejects.toMatchObject({
      data: { code: 'FORBIDDEN' },
    })
    await expect(bot.presence.list.query({ userIds: [bob.userId] })).rejects.toMatchObject({
      data: { code: 'FORBIDDEN' },
    })

    const { heads, next } = await bot.sync.heads.mutate({})
    expect([heads.map(({ stream }) => stream).toSorted(), next]).toEqual([
      [`m:${within}`, `r:${within}`],
      null,
    ])
    const position = (stream: string) => ({ stream, after: 0, tag: 0 })
    const { epoch } = world.deps.journal
    const streams = [position(`m:${within}`), position(`m:${beyond}`), position(`u:${ann.userId}`)]
    for (const pull of [bot.sync.pull, bot.sync.pullCompact]) {
      const pulled = await pull.mutate({ epoch, streams })
      const seen = pulled.streams.map((one) => [
        one.stream,
        'reset' in one ? one.reset.reason : one.events.length,
      ])
      expect(seen).toEqual([
        [`m:${within}`, 1],
        [`m:${beyond}`, 'gone'],
        [`u:${ann.userId}`, 'gone'],
      ])
    }
    const since = await bot.sync.since.mutate({ since: 0 })
    expect(new Set(since.events.map(({ stream }) => stream))).toEqual(new Set([`m:${within}`]))

    const socket = await RawTrpcClient.open(world.url, access)
    await using _closing = socket
    socket.call(1, 'sync.live', { version: 1 }, 'subscription')
    await vi.waitUntil(() => socket.texts.some((text) => text.includes('"ready"')), {
      timeout: 20_000,
    })
    await say(beyond, 'a secret')
    await bot.message.send.mutate({
      conversationId: within,
      body: { kind: 'text', text: 'the end' },
    })
    await vi.waitUntil(() => socket.texts.some((text) => text.includes('the end')), {
      timeout: 20_000,
    })
    expect(socket.texts.filter((text) => text.includes('a secret'))).toEqual([])
  })

  test('[OAU17] nobody limits a client to conversations of which he is no member', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const { id } = await httpClient(world.url, bob.accessToken).group.create.mutate({
      name: 'his',
      userIds: [],
    })
    const client = await world.client()
    await expect(world.tokens(client, ann, { conversationIds: [id] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('[OAU17] without the scope that lists conversations the user’s own stream is not there', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const own = httpClient(world.url, ann.accessToken)
    await own.group.create.mutate({ name: 'any', userIds: [] })
    await own.block.create.mutate({ userId: bob.userId })
    const client = await world.client()
    const stream = `u:${ann.userId}`
    const { epoch } = world.deps.journal
    for (const [scope, isSeen] of [
      ['messages:read', false],
      ['messages:read conversations:read', true],
    ] as const) {
      const { access } = await world.tokens(client, ann, { scope })
      const bot = httpClient(world.url, access)
      const { heads } = await bot.sync.heads.mutate({})
      const { events } = await bot.sync.since.mutate({ since: 0 })
      const streams = [{ stream, after: 0, tag: 0 }]
      const [pulled] = (await bot.sync.pull.mutate({ epoch, streams })).streams
      const [compact] = (await bot.sync.pullCompact.mutate({ epoch, streams })).streams
      const seen = [
        heads.some((head) => head.stream === stream),
        events.some((event) => event.stream === stream),
        pulled !== undefined && !('reset' in pulled),
        compact !== undefined && !('reset' in compact),
      ]
      expect([scope, ...seen]).toEqual([scope, isSeen, isSeen, isSeen, isSeen])
    }
  })
})
