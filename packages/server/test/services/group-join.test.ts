import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { removeMember } from '../../src/services/group/remove-member.ts'
import { describeEngines } from '../support/databases.ts'
import {
  addedOf,
  codeOf,
  eventsOf,
  expectSound,
  openWorld,
  say,
  seenBy,
  storedMembers,
} from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

describeEngines('group.join', (engine) => {
  test('[CNV6] anybody who knows an open group may come in, once', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann], { joinPolicy: 'open' })
    const joined = await joinGroup(world.deps, bob, { conversationId: id })
    expect(joined).toMatchObject({ id, memberCount: 2, role: 'member' })
    await joinGroup(world.deps, bob, { conversationId: id })
    expect((await eventsOf(world, `m:${id}`)).map(({ type, body }) => ({ type, body }))).toEqual([
      { type: 'member.joined', body: { conversationId: id, userId: bob.userId, addedBy: null } },
    ])
    expect(await addedOf(world, bob)).toEqual([
      {
        conversationId: id,
        kind: 'group',
        name: 'group_1',
        addedBy: null,
        memberCount: 2,
        userIds: [ann.userId, bob.userId],
      },
    ])
    await expectSound(world, id, { creatorId: ann.userId, userIds: [] })
  })

  test('[CNV6] [CNV3] who was never in an invite group learns as little as of one that is not there', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann])
    const join = (conversationId: string) =>
      joinGroup(world.deps, bob, { conversationId }).catch((error: unknown) => error)
    expect(await codeOf(joinGroup(world.deps, bob, { conversationId: id }))).toBe('NOT_FOUND')
    expect(await join(id)).toEqual(await join(randomUUID()))
  })

  test('[CNV6] [S2.5] who left by himself may come back, into an invite group too', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    await leaveGroup(world.deps, bob, { conversationId: id })
    await joinGroup(world.deps, bob, { conversationId: id })
    const events = await eventsOf(world, `m:${id}`)
    expect(events.map(({ type }) => type)).toEqual(['member.left', 'member.joined'])
    expect(await addedOf(world, bob)).toHaveLength(2)
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
  })

  test('[CNV6] who was removed may not come back, into an open group neither', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    for (const joinPolicy of ['invite', 'open'] as const) {
      const { id } = await newGroup(world, [ann, bob, cat], { joinPolicy })
      await removeMember(world.deps, ann, { conversationId: id, userId: bob.userId })
      expect(await codeOf(joinGroup(world.deps, bob, { conversationId: id }))).toBe('FORBIDDEN')
      expect(await eventsOf(world, `m:${id}`)).toHaveLength(1)
    }
  })

  test('[CNV13] a newcomer sees what comes after he came, and nothing counts as unread', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann], { joinPolicy: 'open' })
    await say(world, ann, id)
    const joined = await joinGroup(world.deps, bob, { conversationId: id })
    expect(joined).toMatchObject({ head: 2, deliveredSeq: 2, readSeq: 2 })
    expect(await seenBy(world, bob, `m:${id}`)).toEqual([])
    const seq = await say(world, ann, id)
    expect((await seenBy(world, bob, `m:${id}`))?.map((event) => event.seq)).toEqual([seq])
  })

  test('[CNV13] with the whole history open to him, a newcomer sees everything and has everything unread', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann], { joinPolicy: 'open', history: 'all' })
    await say(world, ann, id)
    const joined = await joinGroup(world.deps, bob, { conversationId: id })
    expect(joined).toMatchObject({ head: 2, deliveredSeq: 0, readSeq: 0 })
    expect((await seenBy(world, bob, `m:${id}`))?.map(({ seq }) => seq)).toEqual([1, 2])
  })

  test('[CNV13] who comes back has a hole where he was away, or none when the history is open', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const seen: Record<string, readonly number[] | undefined> = {}
    for (const history of ['joined', 'all'] as const) {
      const { id } = await newGroup(world, [ann, bob], { history })
      await say(world, ann, id)
      await leaveGroup(world.deps, bob, { conversationId: id })
      await say(world, ann, id)
      await joinGroup(world.deps, bob, { conversationId: id })
      await say(world, ann, id)
      seen[history] = (await seenBy(world, bob, `m:${id}`))?.map(({ seq }) => seq)
      const member = (await storedMembers(world, id)).get(bob.userId)
      expect(member?.readSeq).toBe(history === 'all' ? 2 : 4)
      await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
    }
    expect(seen).toEqual({ joined: [1, 2, 5], all: [1, 2, 3, 4, 5] })
  })

  test('[CNV13] coming and going without a receipt in between leaves one span of receipts', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    for (let times = 0; times < 3; times += 1) {
      await leaveGroup(world.deps, bob, { conversationId: id })
      expect(await seenBy(world, bob, `r:${id}`)).toEqual([])
      await joinGroup(world.deps, bob, { conversationId: id })
      expect(await seenBy(world, bob, `r:${id}`)).toEqual([])
    }
    const { spans } = world.database.tables
    const own = await world.database.read.select().from(spans).where(eq(spans.userKey, bob.userKey))
    expect(own.filter(({ fromSeq, toSeq }) => fromSeq === 1 && toSeq === null)).toHaveLength(2)
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
  })

  test('[CNV6] twenty joins at once are one', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann], { joinPolicy: 'open' })
    const joins = Array.from({ length: 20 }, () =>
      joinGroup(world.deps, bob, { conversationId: id }),
    )
    await Promise.all(joins)
    expect(await eventsOf(world, `m:${id}`)).toHaveLength(1)
    expect(await addedOf(world, bob)).toHaveLength(1)
    await expectSound(world, id, { creatorId: ann.userId, userIds: [] })
  })
})
