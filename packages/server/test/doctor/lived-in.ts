import { vi } from 'vitest'
import type { Caller } from '../../src/doors/procedure.ts'
import { createGroup, NumberedClient, signUp, type SeedUser } from '../doors/support/seed-client.ts'
import { makeAdmin } from '../support/administrators.ts'
import type { Engine } from '../support/databases.ts'
import { OAuthWorld } from '../oauth/world.ts'
import { startTestServer } from '../support/test-server.ts'

/** Makes a database in which everything has happened that can happen. The server has ended when it resolves. */
export async function liveIn(engine: Engine, databaseUrl: string): Promise<void> {
  await grow(engine, databaseUrl)
  await using world = await OAuthWorld.open(engine, { databaseUrl })
  await world.tokens(await world.client(), world.administrator)
}

async function grow(engine: Engine, databaseUrl: string): Promise<void> {
  await using server = await startTestServer({ engine, databaseUrl })
  const [ann, bob, cat, dan, eve] = await Promise.all(
    ['ann', 'bob', 'cat', 'dan', 'eve'].map((name) => signUp(server.url, name)),
  )
  if (!ann || !bob || !cat || !dan || !eve) throw new Error('five people')
  const as = (user: SeedUser) => server.server.createCaller(user.token)
  await talk(await as(ann), await as(bob), bob.id)
  const group = await createGroup(ann, [bob, cat])
  await comeAndGo({ ann: await as(ann), bob: await as(bob), cat: await as(cat) }, group, cat.id)
  await as(dan).then((caller) =>
    caller.group.create({
      name: 'all',
      userIds: [ann.id, cat.id],
      history: 'all',
      joinPolicy: 'open',
      clientConversationId: 'once',
    }),
  )
  await keepTo(await as(cat), group, cat.id)
  const [ofAnn, ofBob, ofCat, ofDan, ofEve] = [as(ann), as(bob), as(cat), as(dan), as(eve)]
  await meet(
    { ann: await ofAnn, bob: await ofBob, cat: await ofCat, dan: await ofDan, eve: await ofEve },
    group,
  )
  await vanish(server.url, await as(dan), as)
  await useDevice(cat, group)
  const annsCaller = await as(ann)
  await vi.waitUntil(async () => (await annsCaller.message.search({ query: 'x' })).upToDate, 30_000)
  await notify({ databaseUrl, ann: await as(ann), bob: await as(bob) }, [ann.id, bob.id])
}

async function talk(ann: Caller, bob: Caller, bobId: string): Promise<void> {
  const { id: conversationId } = await ann.conversation.open({ userId: bobId })
  for (const text of ['one', 'two', 'three', 'four']) {
    const body = { kind: 'text', text } as const
    await ann.message.send({ conversationId, clientMessageId: text, body })
  }
  await bob.message.delivered({ conversationId, seq: 3 })
  await bob.message.read({ conversationId, seq: 2 })
  for (const text of ['uno', 'eins']) {
    const body = { kind: 'text', text } as const
    await ann.message.edit({ conversationId, clientMessageId: 'one', body })
  }
  await ann.message.edit({
    conversationId,
    clientMessageId: 'two',
    body: { kind: 'text', text: 'zwei' },
  })
  await ann.message.delete({ conversationId, clientMessageId: 'two' })
  await ann.message.delete({ conversationId, clientMessageId: 'three' })
  await bob.message.read({ conversationId, seq: 7 })
  const { items: messages } = await bob.message.list({ conversationId, around: 1, limit: 1 })
  const one = { conversationId, messageId: messages[0]?.id ?? '' }
  await bob.message.react({ ...one, reaction: '👍' })
  await ann.message.react({ ...one, reaction: '👍' })
  await ann.message.react({ ...one, reaction: '👍', remove: true })
  await bob.message.hide(one)
  const five = { conversationId, clientMessageId: 'five' }
  await ann.message.send({ ...five, body: { kind: 'text', text: 'five' } })
  await ann.message.react({ ...five, reaction: 'mine' })
  await ann.message.delete(five)
  await mention(ann, conversationId, bobId)
}

/** Of two messages one is edited, so that it mentions somebody else, and one deleted. */
async function mention(ann: Caller, conversationId: string, bobId: string): Promise<void> {
  const { id } = await ann.account.get()
  const body = { kind: 'text', text: 'you' } as const
  for (const clientMessageId of ['six', 'seven', 'eight'])
    await ann.message.send({ conversationId, clientMessageId, body, mentions: [bobId, id] })
  const other = { kind: 'text', text: 'me' } as const
  await ann.message.edit({ conversationId, clientMessageId: 'seven', body: other, mentions: [id] })
  await ann.message.delete({ conversationId, clientMessageId: 'eight' })
}

async function comeAndGo(
  people: { readonly ann: Caller; readonly bob: Caller; readonly cat: Caller },
  conversationId: string,
  catId: string,
): Promise<void> {
  const { ann, bob, cat } = people
  const say = (caller: Caller, text: string) =>
    caller.message.send({ conversationId, body: { kind: 'text', text } })
  await say(ann, 'hello')
  await say(cat, 'hello ann')
  await Promise.all([bob, cat].map((caller) => caller.message.read({ conversationId, seq: 2 })))
  await cat.group.leave({ conversationId })
  await say(bob, 'she is gone')
  await cat.group.join({ conversationId })
  await ann.group.update({ conversationId, history: 'all' })
  await ann.group.removeMember({ conversationId, userId: catId })
  await ann.group.addMembers({ conversationId, userIds: [catId] })
  await say(cat, 'back')
  await bob.message.delivered({ conversationId, seq: 8 })
  await bob.group.leave({ conversationId })
}

/** What somebody does for herself alone. */
async function keepTo(cat: Caller, conversationId: string, userId: string): Promise<void> {
  await cat.message.read({ conversationId, seq: 9, private: true })
  await cat.message.read({ conversationId, seq: 8 })
  await cat.conversation.markUnread({ conversationId, seq: 8 })
  await cat.conversation.updatePreference({ conversationId, archived: true, pinned: true })
  await cat.conversation.updatePreference({
    conversationId,
    mutedUntil: 1,
    data: { colour: 'red' },
  })
  await cat.conversation.hide({ conversationId, seq: 3 })
  const notes = await cat.conversation.open({ userId })
  await cat.message.send({ conversationId: notes.id, body: { kind: 'text', text: 'a note' } })
  await cat.conversation.hide({ conversationId: notes.id })
}

/** Some of what is notified is read, some removed; everybody is notified of something too. */
async function notify(
  { databaseUrl, ann, bob }: { databaseUrl: string; ann: Caller; bob: Caller },
  userIds: string[],
): Promise<void> {
  await makeAdmin(databaseUrl, 'ann')
  const words = { kind: 'news', title: 'news' }
  const { notificationId } = await ann.notification.send({
    ...words,
    to: { userIds },
    clientNotificationId: 'some',
  })
  await bob.notification.read({ notificationIds: [notificationId] })
  await ann.notification.remove({ notificationIds: [notificationId] })
  const everybody = { ...words, to: 'all', clientNotificationId: 'all' } as const
  await vi.waitFor(async () => {
    if (!(await ann.notification.send(everybody)).finished) throw new Error('not finished')
  }, 30_000)
}

/** Contacts, blocks, a mute, a ban and an invitation. */
async function meet(
  callers: Readonly<Record<'ann' | 'bob' | 'cat' | 'dan' | 'eve', Caller>>,
  conversationId: string,
): Promise<void> {
  const { ann, bob, cat, dan, eve } = callers
  const idOf = async (caller: Caller) => ({ userId: (await caller.account.get()).id })
  await ann.block.create(await idOf(bob))
  await ann.block.delete(await idOf(bob))
  await ann.contact.request(await idOf(bob))
  await bob.contact.accept(await idOf(ann))
  await cat.contact.request(await idOf(dan))
  await dan.contact.request(await idOf(ann))
  await dan.block.create(await idOf(ann))
  const { code } = await ann.group.createInvitation({ conversationId, maxUses: 5 })
  await eve.group.acceptInvitation({ code })
  await ann.group.muteMember({ conversationId, ...(await idOf(cat)) })
  await cat.group.leave({ conversationId })
  await cat.group.join({ conversationId })
  await ann.group.banMember({ conversationId, ...(await idOf(eve)) })
}

/** Somebody who has been everywhere, and has herself erased. */
async function vanish(
  url: string,
  dan: Caller,
  as: (user: SeedUser) => Promise<Caller>,
): Promise<void> {
  const user = await signUp(url, 'fay')
  const fay = await as(user)
  const { items } = await dan.conversation.list({ limit: 10 })
  const conversationId = items.find(({ name }) => name === 'all')?.id ?? ''
  await fay.account.updateProfile({ displayName: 'Fay', about: 'soon gone' })
  await fay.group.join({ conversationId })
  const own = { conversationId, clientMessageId: 'fay' }
  await fay.message.send({ ...own, body: { kind: 'text', text: 'who am I' } })
  await fay.message.edit({ ...own, body: { kind: 'text', text: 'who was I' } })
  const sent = await dan.message.send({
    conversationId,
    body: { kind: 'text', text: 'fay' },
    mentions: [user.id],
  })
  const messageId = Array.isArray(sent) ? '' : sent.messageId
  await fay.message.react({ conversationId, messageId, reaction: 'me' })
  await fay.conversation.updatePreference({ conversationId, pinned: true })
  await dan.contact.request({ userId: user.id })
  await fay.account.erase({ password: '0000' })
}

/** A device whose position the server keeps. */
async function useDevice(user: SeedUser, group: string): Promise<void> {
  const start = { method: 20, timestamp: Date.now(), caught_up: true }
  await using client = await NumberedClient.open(user, { start })
  // Before all of it has come, what is proven may be of other streams alone.
  await client.heard(29)
  await client.call({ method: 40, body: { group_id: group, data: 'from a device' } })
  await client.proven()
  await client.close()
}
