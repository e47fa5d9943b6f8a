import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  findDirectConversation,
  getConversation,
  listConversations,
  openConversation,
} from '../../src/services/conversation.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { requireMember } from '../../src/services/membership.ts'
import { describeEngines } from '../support/databases.ts'
import {
  addedOf,
  codeOf,
  eventsOf,
  nextMillisecond,
  openWorld,
  say,
  seenBy,
  type World,
} from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

describeEngines('conversation', (engine) => {
  test('[CNV1] opening a direct conversation makes one, and both find the same one ever after', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { deps, users } = world
    const first = await openConversation(deps, users.ann, { userId: users.bob.userId })
    expect(first).toMatchObject({ kind: 'direct', name: null, memberCount: 2, head: 0, readSeq: 0 })
    expect(first.peer).toEqual({ id: users.bob.userId, username: 'bob' })
    const again = await openConversation(deps, users.ann, { username: 'BOB' })
    const back = await openConversation(deps, users.bob, { userId: users.ann.userId })
    expect([again.id, back.id]).toEqual([first.id, first.id])
    expect(back.peer?.username).toBe('ann')
    const other = await openConversation(deps, users.cat, { username: 'ann' })
    expect(other.id).not.toBe(first.id)
  })

  test('[CNV20] looking for a direct conversation makes nothing, and finds what was opened from either side', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { deps, users } = world
    const find = (user: 'ann' | 'bob', username: string) =>
      findDirectConversation(deps, users[user], { username })
    expect([await find('ann', 'bob'), await find('bob', 'ann')]).toEqual([null, null])
    expect((await listConversations(deps, users.bob, { limit: 10 })).items).toEqual([])
    const { id } = await openConversation(deps, users.ann, { username: 'bob' })
    expect([(await find('ann', 'BOB'))?.id, (await find('bob', 'ann'))?.id]).toEqual([id, id])
    expect(await codeOf(find('ann', 'nobody'))).toBe('NOT_FOUND')
  })

  test('[CNV1] opening with nobody there is nothing to find', async () => {
    await using world = await openWorld(engine, ['ann'])
    const { deps, users } = world
    const open = (input: { userId: string } | { username: string }) =>
      codeOf(openConversation(deps, users.ann, input))
    expect(await open({ userId: randomUUID() })).toBe('NOT_FOUND')
    expect(await open({ username: 'nobody' })).toBe('NOT_FOUND')
    expect(await open({ username: '\u{1F47B}' })).toBe('NOT_FOUND')
  })

  test('[CNV2] both are told once of a new direct conversation, whoever opens it how often', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { username: 'bob' })
    await openConversation(world.deps, bob, { username: 'ann' })
    const common = {
      conversationId: id,
      kind: 'direct',
      name: null,
      memberCount: 2,
      userIds: [bob.userId, ann.userId],
    }
    expect(await addedOf(world, ann)).toEqual([{ ...common, addedBy: null }])
    expect(await addedOf(world, bob)).toEqual([{ ...common, addedBy: ann.userId }])
    expect(await eventsOf(world, `m:${id}`)).toEqual([])
  })

  test('[CNV1] however many connections of both open at once, there is one conversation', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const opened = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        index % 2 === 0
          ? openConversation(world.deps, ann, { username: 'bob' })
          : openConversation(world.deps, bob, { userId: ann.userId }),
      ),
    )
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1)
    expect(await addedOf(world, ann)).toHaveLength(1)
    expect(await addedOf(world, bob)).toHaveLength(1)
  })

  test('[CNV13] both sides of a direct conversation see it from its first event on, and nobody else does', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await openConversation(world.deps, ann, { username: 'bob' })
    await say(world, bob, id)
    expect(await seenBy(world, ann, `m:${id}`)).toHaveLength(1)
    expect(await seenBy(world, bob, `m:${id}`)).toHaveLength(1)
    expect(await seenBy(world, cat, `m:${id}`)).toBeUndefined()
    expect(await seenBy(world, ann, `r:${id}`)).toEqual([])
    expect(await seenBy(world, cat, `r:${id}`)).toBeUndefined()
  })

  test('[CNV3] who is not in a conversation learns nothing, not even that it is there', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await openConversation(world.deps, ann, { username: 'bob' })
    const get = (conversationId: string) =>
      getConversation(world.deps, cat, { conversationId }).catch((error: unknown) => error)
    expect(await get(id)).toEqual(await get(randomUUID()))
    expect(await codeOf(getConversation(world.deps, cat, { conversationId: id }))).toBe('NOT_FOUND')
    expect(await codeOf(requireMember(world.database, id, cat.userKey))).toBe('NOT_FOUND')
    expect(await requireMember(world.database, id, bob.userKey)).toMatchObject({
      conversationId: id,
      kind: 'direct',
      role: 'member',
      memberCount: 2,
      deliveredSeq: 0,
      readSeq: 0,
    })
  })

  test('[CNV4] conversations are listed by their newest activity', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const withBob = await openConversation(world.deps, ann, { username: 'bob' })
    const withCat = await openConversation(world.deps, ann, { username: 'cat' })
    const group = await newGroup(world, [ann, bob, cat])
    await nextMillisecond(world)
    await say(world, bob, withBob.id)
    const { items, next } = await listConversations(world.deps, ann, { limit: 50 })
    expect(next).toBeNull()
    expect(items[0]).toMatchObject({ id: withBob.id, head: 1, peer: { username: 'bob' } })
    expect(items.map(({ id }) => id).sort()).toEqual([withBob.id, withCat.id, group.id].sort())
    expect(items.find(({ id }) => id === group.id)).toEqual(
      await getConversation(world.deps, ann, { conversationId: group.id }),
    )
    await nextMillisecond(world)
    await say(world, cat, withCat.id)
    await say(world, cat, withCat.id)
    const moved = await listConversations(world.deps, ann, { limit: 1 })
    expect(moved.items[0]?.id).toBe(withCat.id)
    expect((await listConversations(world.deps, bob, { limit: 50 })).items).toHaveLength(2)
    await nextMillisecond(world, moved.items[0]?.activeAt)
    const fresh = await newGroup(world, [ann])
    const before = await listConversations(world.deps, ann, { limit: 2 })
    expect(before.items.map(({ id }) => id)).toEqual([fresh.id, withCat.id])
  })

  test('[CNV4] pages hold each conversation once, whatever becomes active meanwhile', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const ids = []
    for (let made = 0; made < 7; made += 1) ids.push((await newGroup(world, [ann, bob])).id)
    const pages = await readPages(world, ann, async (listed) => {
      // One that has been listed becomes active: it must not come again.
      const again = listed[0]
      if (again !== undefined) await say(world, bob, again)
    })
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1])
    expect(pages.flat().sort()).toEqual([...ids].sort())
  })

  test('[CNV4] a cursor that this list did not give out is refused', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const foreign = await createGroup(world.deps, bob, {
      name: 'his',
      userIds: [],
      joinPolicy: 'invite',
      history: 'joined',
    })
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const cursors = [
      '',
      'x',
      '%00',
      encode({}),
      encode([1]),
      encode([1, 2]),
      encode(['1', foreign.id]),
    ]
    for (const cursor of [...cursors, encode([1, foreign.id]), encode([1, randomUUID()])]) {
      const call = listConversations(world.deps, ann, { cursor, limit: 3 })
      expect(await codeOf(call), cursor).toBe('INVALID_INPUT')
    }
  })

  test('[CNV4] a conversation that one has left is not listed', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    await leaveGroup(world.deps, bob, { conversationId: id })
    expect((await listConversations(world.deps, bob, { limit: 5 })).items).toEqual([])
    expect(await codeOf(getConversation(world.deps, bob, { conversationId: id }))).toBe('NOT_FOUND')
  })
})

async function readPages(
  world: World<'ann' | 'bob'>,
  actor: World<'ann'>['users']['ann'],
  between: (listed: readonly string[]) => Promise<void>,
): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | undefined
  do {
    const page = await listConversations(world.deps, actor, { cursor, limit: 3 })
    pages.push(page.items.map(({ id }) => id))
    await between(pages.flat())
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return pages
}
