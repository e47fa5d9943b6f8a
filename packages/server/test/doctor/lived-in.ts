import type { Caller } from '../../src/doors/procedure.ts'
import { createGroup, NumberedClient, signUp, type SeedUser } from '../doors/support/seed-client.ts'
import type { Engine } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'

/** Makes a database in which everything has happened that can happen. The server has ended when it resolves. */
export async function liveIn(engine: Engine, databaseUrl: string): Promise<void> {
  await using server = await startTestServer({ engine, databaseUrl })
  const [ann, bob, cat, dan] = await Promise.all(
    ['ann', 'bob', 'cat', 'dan'].map((name) => signUp(server.url, name)),
  )
  if (ann === undefined || bob === undefined || cat === undefined || dan === undefined)
    throw new Error('four people')
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
  await useDevice(cat, group)
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

/** A device whose position the server keeps. */
async function useDevice(user: SeedUser, group: string): Promise<void> {
  await using client = await NumberedClient.open(user)
  await client.call({ method: 40, body: { group_id: group, data: 'from a device' } })
  await client.proven()
  await client.close()
}
