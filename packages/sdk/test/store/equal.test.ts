import { expect, test, vi } from 'vitest'
import type { Conversation, MessageItem, NoKinds, TidingsClient } from '../../src/index.ts'
import { chanceOf, seedOfRun, type Chance } from '../e2e/support/random.ts'
import { openWorld, untilAfter, type World } from '../support/world.ts'

const STEPS = Number(process.env['STEPS'] ?? 60)
const SEED = seedOfRun()

type Shown = Pick<MessageItem<NoKinds>, 'id' | 'seq' | 'senderId' | 'body' | 'state' | 'reactions'>

/** What a device shows of everything: conversations with their numbers, and all of their messages with their ticks. */
async function shownBy(client: TidingsClient): Promise<unknown> {
  const { items } = client.store.conversations.get()
  const shown = items.map(async ({ id, lastMessage, ...conversation }) => {
    const list = client.store.messages(id)
    list.subscribe(() => undefined)
    while (list.get().hasOlder) await list.loadOlder()
    // What was said after leaving is refused, and stays to be seen.
    const messages = list
      .get()
      .items.flatMap((item) => (item.state === 'failed' ? [] : [brief(item)]))
    const last =
      lastMessage?.state === 'failed' ? messages.at(-1) : lastMessage && brief(lastMessage)
    return { id, ...conversation, last: last && withoutReactions(last), messages }
  })
  const total = { unread: client.store.unread.get() }
  return { total, conversations: await Promise.all(shown) }
}

function brief({ id, seq, senderId, body, state, reactions }: MessageItem<NoKinds>): Shown {
  return { id, seq, senderId, body, state, reactions }
}

/** What the server says to a user, asked for directly. */
async function toldByServer(client: TidingsClient): Promise<unknown> {
  const conversations: unknown[] = []
  const pinned: { readonly at: number; readonly expected: unknown }[] = []
  let cursor: string | undefined
  do {
    const page = await client.conversation.list({ cursor, limit: 3 })
    for (const conversation of page.items) {
      const expected = await expectedOf(client, conversation)
      const { pinnedAt } = conversation.preference
      if (pinnedAt === null) conversations.push(expected)
      else pinned.push({ at: pinnedAt, expected })
    }
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  const { unread } = await client.conversation.countUnread()
  pinned.sort((one, other) => other.at - one.at)
  const first = pinned.map(({ expected }) => expected)
  return { total: { unread }, conversations: [...first, ...conversations] }
}

async function expectedOf(client: TidingsClient, conversation: Conversation): Promise<unknown> {
  const { id, kind, name, peer, role, joinPolicy, history } = conversation
  const { memberCount, unread, unreadFrom, activeAt, createdAt, readSeq, head } = conversation
  const { data, preference, unreadMentions } = conversation
  const others = await client.group.listMembers({ conversationId: id })
  const marks = others.items.filter(({ userId }) => userId !== client.userId)
  const stateOf = (message: Shown): Shown => {
    const seq = message.seq ?? 0
    const isRead = marks.length > 0 && marks.every(({ readSeq: read }) => read >= seq)
    const isDelivered =
      marks.length > 0 && marks.every(({ deliveredSeq: delivered }) => delivered >= seq)
    const own = isRead ? 'read' : isDelivered ? 'delivered' : 'sent'
    return { ...message, state: message.senderId === client.userId ? own : 'received' }
  }
  const messages: Shown[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await client.message.list({ conversationId: id, cursor, limit: 7 })
    for (const { id: messageId, seq, senderId, body, reactions = [] } of page.items)
      messages.unshift(stateOf({ id: messageId, seq, senderId, body, state: 'sent', reactions }))
    cursor = page.next
  }
  const newest = messages.at(-1)
  return {
    ...{ id, kind, name, peer, role, joinPolicy, history, memberCount },
    ...{ unread, unreadFrom, activeAt, createdAt, readSeq, head, data, preference },
    unreadMentions,
    ...{ last: newest && withoutReactions(newest), messages },
  }
}

/** The last message of a conversation is told without them. */
function withoutReactions({ reactions: _, ...message }: Shown): Omit<Shown, 'reactions'> {
  return message
}

interface Scene {
  readonly world: World
  readonly groupId: string
  readonly devices: readonly TidingsClient[]
}

/** What only the other devices of the same user are told of. */
async function actForOneself(
  client: TidingsClient,
  { conversationId, head }: { readonly conversationId: string; readonly head: number },
  chance: Chance,
): Promise<void> {
  const what = chance.next()
  const seq = 1 + Math.floor(head * chance.next())
  const { conversation } = client
  const done =
    what < 0.35
      ? conversation.markUnread({ conversationId, seq })
      : what < 0.5
        ? client.message.read({ conversationId, seq, private: chance.next() < 0.5 })
        : what < 0.7
          ? conversation.hide({ conversationId })
          : what < 0.8
            ? conversation.hide({ conversationId, seq })
            : conversation.updatePreference({
                ...{ conversationId, archived: chance.next() < 0.5 },
                pinned: chance.next() < 0.4,
              })
  await done.catch(() => undefined)
}

/** One thing that somebody does, or that happens to the network. */
async function act({ world, groupId, devices }: Scene, chance: Chance): Promise<void> {
  const client = chance.pick(devices)
  const { items } = client.store.conversations.get()
  const conversation = items.length === 0 ? undefined : chance.pick(items)
  if (conversation === undefined || chance.next() < 0.05) {
    // Back into the group, which does nothing for who is in it.
    await client.group.join({ conversationId: groupId }).catch(() => undefined)
    return
  }
  const { id: conversationId, kind, head, readSeq } = conversation
  const own = client.store
    .messages(conversationId)
    .get()
    .items.filter(({ senderId }) => senderId === client.userId)
  const target = own.length === 0 ? undefined : chance.pick(own)
  const clientMessageId = target?.clientMessageId ?? undefined
  if (chance.next() < 0.2) return actForOneself(client, { conversationId, head }, chance)
  const what = chance.next()
  const body = { kind: 'text', text: `${client.userId?.slice(0, 4)} ${chance.next()}` } as const
  const userIds = devices.flatMap(({ userId }) => userId ?? [])
  const mentions = chance.next() < 0.5 ? [chance.pick(userIds)] : []
  if (what < 0.45) void client.message.send({ conversationId, body, mentions })
  else if (what < 0.6) void client.message.read({ conversationId, private: chance.next() < 0.3 })
  else if (what < 0.7) {
    const seq = readSeq + Math.ceil((head - readSeq) * chance.next())
    const isPrivate = chance.next() < 0.3
    if (seq > readSeq) void client.message.read({ conversationId, seq, private: isPrivate })
  } else if (what < 0.78 && clientMessageId !== undefined)
    void client.message
      .edit({ conversationId, clientMessageId, body, mentions: again(mentions, chance) })
      .catch(() => undefined)
  else if (what < 0.82 && clientMessageId !== undefined)
    void client.message.delete({ conversationId, clientMessageId }).catch(() => undefined)
  else if (what < 0.85) reactOrHide(client, conversationId, chance)
  else if (what < 0.87 && kind === 'group')
    void client.group.leave({ conversationId }).catch(() => undefined)
  else if (what < 0.92 && kind === 'group')
    void client.group
      .update({ conversationId, name: `named ${chance.next()}` })
      .catch(() => undefined)
  else if (what < 0.96) world.proxy.cut()
  else await new Promise((resolve) => setTimeout(resolve, 20 * chance.next()))
}

/** An edit that names nobody at all leaves it at those who were named. */
function again(mentions: readonly string[], chance: Chance): string[] | undefined {
  return chance.next() < 0.3 ? undefined : [...mentions]
}

function reactOrHide(client: TidingsClient, conversationId: string, chance: Chance): void {
  const seen = client.store
    .messages(conversationId)
    .get()
    .items.flatMap(({ id }) => id ?? [])
  if (seen.length === 0) return
  const named = { conversationId, messageId: chance.pick(seen) }
  const remove = chance.next() < 0.3
  const doing =
    chance.next() < 0.2
      ? client.message.hide(named)
      : client.message.react({ ...named, reaction: chance.pick(['👍', 'no']), remove })
  doing.catch(() => undefined)
}

const title = `[STO3] [STO5] [STO12] [RCP8] [RCP9] [RCP11] [INB2] [INB3] [INB4] every device shows what the server says, whatever was done and cut (seed ${SEED})`

test.each(['sqlite', 'postgres'] as const)(
  `${title}, on %s`,
  async (engine) => {
    const chance = chanceOf(SEED)
    await using world = await openWorld({ engine })
    const people = await Promise.all(['ann', 'bob', 'cat'].map((name) => world.join(name)))
    const phones = await Promise.all(['ann', 'bob'].map((name) => world.again(name)))
    const devices = [...people, ...phones]
    const [ann, bob, cat] = people
    if (ann === undefined || bob === undefined || cat === undefined) throw new Error('nobody')
    const { createdAt } = await ann.conversation.open({ username: 'bob' })
    untilAfter(createdAt)
    const userIds = [bob.userId ?? '', cat.userId ?? '']
    const { id: groupId } = await ann.group.create({ name: 'Lunch', userIds })
    await Promise.all(devices.map((device) => device.connect()))
    for (const device of devices) device.store.conversations.subscribe(() => undefined)
    await vi.waitFor(() => {
      for (const device of devices.slice(0, 2))
        expect(device.store.conversations.get().items).toHaveLength(2)
    }, 10_000)
    // Some look at what they write, others do not.
    for (const device of [ann, cat, ...phones.slice(0, 1)])
      for (const { id } of device.store.conversations.get().items)
        device.store.messages(id).subscribe(() => undefined)
    for (let step = 0; step < STEPS; step += 1) {
      await act({ world, groupId, devices }, chance)
      if (chance.next() < 0.5) await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(devices.map((device) => device.connect()))
    for (const device of devices) {
      await vi.waitFor(
        async () => expect(await shownBy(device)).toEqual(await toldByServer(device)),
        { timeout: 15_000, interval: 200 },
      )
    }
  },
  60_000,
)
