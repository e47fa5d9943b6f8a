import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { listConversations } from '../../src/services/conversation.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { describeEngines } from '../support/databases.ts'
import {
  addedOf,
  codeOf,
  eventsOf,
  expectSound,
  openWorld,
  say,
  seenBy,
} from './conversation-world.ts'

const policies = { joinPolicy: 'invite', history: 'joined' } as const

describeEngines('group.create', (engine) => {
  test('[CNV5] a group belongs to its creator, and all of its people are in it from the start', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob } = world.users
    const input = { name: 'group_1', userIds: [bob.userId], ...policies }
    const group = await createGroup(world.deps, ann, input)
    expect(group).toMatchObject({
      kind: 'group',
      name: 'group_1',
      joinPolicy: 'invite',
      history: 'joined',
      memberCount: 2,
      role: 'owner',
      deliveredSeq: 0,
      readSeq: 0,
      head: 0,
      peer: null,
    })
    const made = { creatorId: ann.userId, userIds: [bob.userId, ann.userId] }
    const members = await expectSound(world, group.id, made)
    expect(members.get(bob.userId)).toMatchObject({
      role: 'member',
      spans: [{ from: 1, to: null }],
    })
    expect(await eventsOf(world, `m:${group.id}`)).toEqual([])
    await say(world, ann, group.id)
    expect(await seenBy(world, bob, `m:${group.id}`)).toHaveLength(1)
  })

  test('[CNV18] a repeat under the same clientConversationId answers the group as it is now, and makes nothing', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const userIds = [bob.userId, cat.userId]
    const input = { clientConversationId: 'k', name: 'group_1', userIds, ...policies }
    const group = await createGroup(world.deps, ann, input)
    await say(world, bob, group.id)
    const sameUsers = [cat.userId, ann.userId, bob.userId, cat.userId]
    for (const repeat of [input, { ...input, userIds: sameUsers }]) {
      expect(await createGroup(world.deps, ann, repeat)).toMatchObject({ id: group.id, head: 1 })
    }
    expect(await addedOf(world, bob)).toHaveLength(1)
    for (const other of [
      { ...input, name: 'group_2' },
      { ...input, userIds: [bob.userId] },
      { ...input, joinPolicy: 'open' as const },
      { ...input, history: 'all' as const },
    ]) {
      expect(await codeOf(createGroup(world.deps, ann, other))).toBe('IDEMPOTENCY_CONFLICT')
    }
    expect((await createGroup(world.deps, bob, input)).id).not.toBe(group.id)
    expect((await listConversations(world.deps, ann, { limit: 10 })).items).toHaveLength(1)
  })

  test('[CNV18] of many repeats at once one makes the group, and without an id each makes its own', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const input = { name: 'group_1', userIds: [bob.userId], ...policies }
    const make = (clientConversationId: string | undefined) =>
      Array.from({ length: 8 }, () =>
        createGroup(world.deps, ann, { ...input, clientConversationId }),
      )
    const idsOf = async (groups: ReturnType<typeof make>) =>
      new Set((await Promise.all(groups)).map(({ id }) => id)).size
    expect(await idsOf(make('k'))).toBe(1)
    expect(await addedOf(world, bob)).toHaveLength(1)
    expect(await idsOf(make(undefined))).toBe(8)
  })

  test('[CNV2] [S2.4] everybody is told once, the creator too, with those named first and the creator last', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const userIds = [cat.userId, bob.userId]
    const { id } = await createGroup(world.deps, ann, { name: 'group_1', userIds, ...policies })
    const told = {
      conversationId: id,
      kind: 'group',
      name: 'group_1',
      memberCount: 3,
      userIds: [cat.userId, bob.userId, ann.userId],
    }
    expect(await addedOf(world, ann)).toEqual([{ ...told, addedBy: null }])
    expect(await addedOf(world, bob)).toEqual([{ ...told, addedBy: ann.userId }])
    expect(await addedOf(world, cat)).toEqual([{ ...told, addedBy: ann.userId }])
  })

  test('[CNV5] repeats and the own id do no harm', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const userIds = [ann.userId, bob.userId, bob.userId, ann.userId]
    const group = await createGroup(world.deps, ann, { name: 'g', userIds, ...policies })
    expect(group.memberCount).toBe(2)
    expect(await addedOf(world, bob)).toHaveLength(1)
    const [told] = await addedOf(world, ann)
    expect(told?.userIds).toEqual([bob.userId, ann.userId])
    const alone = await createGroup(world.deps, ann, { name: 'g', userIds: [], ...policies })
    expect(alone.memberCount).toBe(1)
  })

  test('[CNV5] an unknown user makes the whole call NOT_FOUND, naming nobody, and nothing is made', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const unknown = randomUUID()
    const call = createGroup(world.deps, ann, {
      name: 'g',
      userIds: [bob.userId, unknown],
      ...policies,
    })
    expect(await codeOf(call)).toBe('NOT_FOUND')
    await expect(call).rejects.not.toThrow(unknown)
    expect(await addedOf(world, bob)).toEqual([])
    expect((await listConversations(world.deps, ann, { limit: 5 })).items).toEqual([])
  })
})
