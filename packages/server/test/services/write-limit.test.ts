import { expect, test } from 'vitest'
import { openCallLimit } from '../../src/auth/call-limit.ts'
import { openConversation } from '../../src/services/conversation.ts'
import type { Deps } from '../../src/services/deps.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { updateGroup } from '../../src/services/group/update.ts'
import { sendMessage } from '../../src/services/message.ts'
import { describeEngines } from '../support/databases.ts'
import { openAccountWorld } from './account-world.ts'
import { addedOf, eventsOf, openWorld } from './conversation-world.ts'

describeEngines('what a user writes', (engine) => {
  test('[MSG8] whatever he does to conversations counts together, by the users concerned, and what is refused writes nothing', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    let now = 0
    const limit = openCallLimit({ perSecond: 1, burst: 11 }, { now: () => now })
    const auth = { takeMessages: (userId: string, count: number) => limit.take(userId, count) }
    const deps = { ...world.deps, auth } as unknown as Deps
    const policies = { joinPolicy: 'open', history: 'all' } as const
    // 2 for a group of two, 1 to rename it, 2 to go and come back, 2 for a conversation, 1 to bring cat in: 8.
    const { id } = await createGroup(deps, ann, {
      name: 'group',
      userIds: [bob.userId],
      ...policies,
    })
    const place = { conversationId: id }
    await updateGroup(deps, ann, { ...place, name: 'renamed' })
    await leaveGroup(deps, ann, place)
    await joinGroup(deps, ann, place)
    await openConversation(deps, ann, { userId: cat.userId })
    await openConversation(deps, ann, { userId: cat.userId })
    await addMembers(deps, bob, { ...place, userIds: [cat.userId] })
    await sendMessage(deps, ann, { ...place, body: { kind: 'text', text: 'hi' } })
    const before = [await eventsOf(world, `m:${id}`), await addedOf(world, cat)]
    const refused = { code: 'RATE_LIMITED', details: { retryAfterMs: 1000 } }
    // bob owns it now, and has a bucket of his own, of which 1 is taken.
    await expect(
      createGroup(deps, ann, {
        name: 'more',
        userIds: [bob.userId, cat.userId, ann.userId],
        ...policies,
      }),
    ).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    await updateGroup(deps, bob, { ...place, name: 'bob’s' })
    await leaveGroup(deps, ann, place)
    await joinGroup(deps, ann, place)
    await leaveGroup(deps, ann, place)
    await expect(joinGroup(deps, ann, place)).rejects.toMatchObject(refused)
    expect((await eventsOf(world, `m:${id}`)).length).toBe(
      before[0] === undefined ? 0 : before[0].length + 4,
    )
    expect(await addedOf(world, cat)).toEqual(before[1])
    now = 1000
    await joinGroup(deps, ann, place)
  })

  test('[MSG8] a message to many counts as one for each hundred readers', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id: large } = await openConversation(world.deps, ann, { userId: bob.userId })
    const policies = { joinPolicy: 'open', history: 'all' } as const
    const group = { name: 'small', userIds: [], ...policies }
    const { id: small } = await createGroup(world.deps, ann, group)
    const sizes = new Map([[`m:${large}`, 1_000]])
    const taken: number[] = []
    const takeMessages = (_userId: string, count: number): number => {
      taken.push(count)
      return 0
    }
    const deps = {
      ...world.deps,
      auth: { takeMessages },
      realtime: { audienceSize: (stream: string) => sizes.get(stream) ?? 0 },
    } as unknown as Deps
    const body = { kind: 'text', text: 'hi' } as const
    await sendMessage(deps, ann, { conversationId: large, body })
    await sendMessage(deps, ann, { conversationId: small, body })
    await sendMessage(deps, ann, [
      { conversationId: small, body },
      { conversationId: large, body },
    ])
    sizes.set(`m:${large}`, 100)
    await sendMessage(deps, ann, { conversationId: large, body })
    expect(taken).toEqual([10, 1, 11, 1])
  })
})

test('[MSG8] one call takes a full bucket at most, or it would never be allowed', async () => {
  const limits = { messagesPerSecond: 1, messagesBurst: 100 }
  const clock = { now: () => 1_000_000_000_000 }
  await using world = await openAccountWorld('sqlite', { clock, limits })
  expect(world.auth.takeMessages('ann', 1_000)).toBe(0)
  expect(world.auth.takeMessages('ann', 1)).toBe(1_000)
  expect(world.auth.takeMessages('bob', 1)).toBe(0)
  expect(world.auth.takeMessages('bob', 1_000)).toBe(1_000)
})
