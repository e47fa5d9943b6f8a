import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { openConversation } from '../../src/services/conversation.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { listGroupMembers } from '../../src/services/group/list-members.ts'
import { removeMember } from '../../src/services/group/remove-member.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import { describeEngines } from '../support/databases.ts'
import {
  addedOf,
  codeOf,
  eventsOf,
  expectSound,
  insertUsers,
  openWorld,
  say,
  seenBy,
} from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

describeEngines('group members', (engine) => {
  test('[CNV9] an admin brings users in; who is in already is left out of the answer', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan'])
    const { ann, bob, cat, dan } = world.users
    const { id } = await newGroup(world, [ann, bob])
    await setRole(world.deps, ann, { conversationId: id, userId: bob.userId, role: 'admin' })
    const userIds = [dan.userId, ann.userId, cat.userId, dan.userId]
    const { added } = await addMembers(world.deps, bob, { conversationId: id, userIds })
    expect(added).toEqual([dan.userId, cat.userId])
    expect(await addMembers(world.deps, bob, { conversationId: id, userIds })).toEqual({
      added: [],
    })
    const told = {
      conversationId: id,
      kind: 'group',
      name: 'group_1',
      addedBy: bob.userId,
      memberCount: 4,
      userIds: [ann.userId, bob.userId, dan.userId, cat.userId],
    }
    expect(await addedOf(world, cat)).toEqual([told])
    expect(await addedOf(world, dan)).toEqual([told])
    expect(await addedOf(world, ann)).toHaveLength(1)
    const joins = (await eventsOf(world, `m:${id}`)).filter(({ type }) => type === 'member.joined')
    expect(joins.map(({ body }) => body)).toEqual([
      { conversationId: id, userId: dan.userId, addedBy: bob.userId },
      { conversationId: id, userId: cat.userId, addedBy: bob.userId },
    ])
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
  })

  test('[CNV9] an unknown user adds nobody; a member adds nobody', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await newGroup(world, [ann, bob])
    const unknown = { conversationId: id, userIds: [cat.userId, randomUUID()] }
    expect(await codeOf(addMembers(world.deps, ann, unknown))).toBe('NOT_FOUND')
    const known = { conversationId: id, userIds: [cat.userId] }
    expect(await codeOf(addMembers(world.deps, bob, known))).toBe('FORBIDDEN')
    expect(await addedOf(world, cat)).toEqual([])
    expect(await eventsOf(world, `m:${id}`)).toEqual([])
  })

  test('[CNV9] who was removed is brought back by an admin, and by nobody else', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    await removeMember(world.deps, ann, { conversationId: id, userId: bob.userId })
    expect(await codeOf(joinGroup(world.deps, bob, { conversationId: id }))).toBe('FORBIDDEN')
    const back = await addMembers(world.deps, ann, { conversationId: id, userIds: [bob.userId] })
    expect(back.added).toEqual([bob.userId])
    await leaveGroup(world.deps, bob, { conversationId: id })
    await joinGroup(world.deps, bob, { conversationId: id })
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
  })

  test('[CNV10] a removal names who did it, is the last that the removed one sees, and happens once', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    const remove = () => removeMember(world.deps, ann, { conversationId: id, userId: bob.userId })
    await Promise.all([remove(), remove(), remove()])
    await say(world, ann, id)
    const seen = await seenBy(world, bob, `m:${id}`)
    expect(seen?.map(({ body }) => body)).toEqual([
      { conversationId: id, userId: bob.userId, removedBy: ann.userId },
    ])
    expect(await eventsOf(world, `m:${id}`)).toHaveLength(2)
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
  })

  test('[CNV10] an admin removes members, but neither owners nor admins; an owner removes everybody', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan'])
    const { ann, bob, cat, dan } = world.users
    const { id } = await newGroup(world, [ann, bob, cat, dan])
    for (const { userId } of [bob, cat]) {
      await setRole(world.deps, ann, { conversationId: id, userId, role: 'admin' })
    }
    const remove = (by: typeof ann, who: typeof ann) =>
      removeMember(world.deps, by, { conversationId: id, userId: who.userId })
    expect(await codeOf(remove(dan, bob))).toBe('FORBIDDEN')
    expect(await codeOf(remove(bob, ann))).toBe('FORBIDDEN')
    expect(await codeOf(remove(bob, cat))).toBe('FORBIDDEN')
    await remove(bob, dan)
    await remove(ann, cat)
    await setRole(world.deps, ann, { conversationId: id, userId: bob.userId, role: 'owner' })
    await remove(bob, ann)
    const made = { creatorId: ann.userId, userIds: [bob.userId, cat.userId, dan.userId] }
    const members = await expectSound(world, id, made)
    expect([...members.values()].map(({ state }) => state).sort()).toEqual([
      'active',
      'removed',
      'removed',
      'removed',
    ])
  })

  test('[CNV10] removing oneself is leaving; a stranger cannot be removed', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await newGroup(world, [ann, bob])
    await removeMember(world.deps, bob, { conversationId: id, userId: bob.userId })
    await joinGroup(world.deps, bob, { conversationId: id })
    for (const userId of [cat.userId, randomUUID()]) {
      const call = removeMember(world.deps, ann, { conversationId: id, userId })
      expect(await codeOf(call)).toBe('NOT_FOUND')
    }
  })

  test('[CNV10] who slips out a moment before his removal cannot come back either', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    await leaveGroup(world.deps, bob, { conversationId: id })
    await removeMember(world.deps, ann, { conversationId: id, userId: bob.userId })
    expect(await codeOf(joinGroup(world.deps, bob, { conversationId: id }))).toBe('FORBIDDEN')
    expect(await eventsOf(world, `m:${id}`)).toHaveLength(1)
  })

  test('[CNV11] an owner gives roles, the same one twice tells nobody', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await newGroup(world, [ann, bob, cat])
    const give = (by: typeof ann, who: typeof ann, role: 'owner' | 'admin' | 'member') =>
      setRole(world.deps, by, { conversationId: id, userId: who.userId, role })
    await give(ann, bob, 'admin')
    await give(ann, bob, 'admin')
    expect((await eventsOf(world, `m:${id}`)).map(({ body }) => body)).toEqual([
      {
        conversationId: id,
        updatedBy: ann.userId,
        roles: [{ userId: bob.userId, role: 'admin' }],
      },
    ])
    expect(await codeOf(give(bob, cat, 'admin'))).toBe('FORBIDDEN')
    expect(await codeOf(give(cat, cat, 'owner'))).toBe('FORBIDDEN')
    await leaveGroup(world.deps, cat, { conversationId: id })
    expect(await codeOf(give(ann, cat, 'admin'))).toBe('NOT_FOUND')
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId, cat.userId] })
  })

  test('[CNV11] the last owner cannot step down, not even when two do so at once', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    const give = (by: typeof ann, who: typeof ann, role: 'owner' | 'member') =>
      setRole(world.deps, by, { conversationId: id, userId: who.userId, role })
    expect(await codeOf(give(ann, ann, 'member'))).toBe('LAST_OWNER')
    await give(ann, bob, 'owner')
    const outcomes = await Promise.allSettled([give(ann, ann, 'member'), give(bob, bob, 'member')])
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    )
    expect(refused).toMatchObject([{ code: 'LAST_OWNER' }])
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
  })

  test('[CNV15] members are listed in pages that name each once, whoever leaves meanwhile', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan', 'eve'])
    const { ann, bob, ...rest } = world.users
    const { id } = await newGroup(world, [ann, bob, ...Object.values(rest)])
    const first = await listGroupMembers(world.deps, bob, { conversationId: id, limit: 2 })
    expect(first.items).toHaveLength(2)
    expect(first.items[0]).toMatchObject({ deliveredSeq: 0, readSeq: 0 })
    // The last one of the page goes: the next page must start after him all the same.
    const gone = Object.values(world.users).find(({ userId }) => userId === first.items[1]?.userId)
    if (gone === undefined || first.next === null) throw new Error('no second page')
    await leaveGroup(world.deps, gone, { conversationId: id })
    const reader = gone === ann ? bob : ann
    const page = { conversationId: id, cursor: first.next, limit: 50 }
    const second = await listGroupMembers(world.deps, reader, page)
    const names = [...first.items, ...second.items].map(({ username }) => username)
    expect(names.sort()).toEqual(['ann', 'bob', 'cat', 'dan', 'eve'])
    expect(second.next).toBeNull()
    const direct = await openConversation(world.deps, ann, { username: 'eve' })
    const both = await listGroupMembers(world.deps, ann, { conversationId: direct.id, limit: 50 })
    expect(both.items.map(({ username }) => username).sort()).toEqual(['ann', 'eve'])
  })

  test('[CNV16] a group takes 1000 members and not one more', { timeout: 60_000 }, async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const crowd = await insertUsers(
      world.database,
      Array.from({ length: 998 }, (_, index) => `user-${index}`),
    )
    const { id } = await newGroup(world, [ann], { joinPolicy: 'open' })
    const add = (userIds: string[]) => addMembers(world.deps, ann, { conversationId: id, userIds })
    const ids = crowd.map(({ userId }) => userId)
    for (let from = 0; from < ids.length; from += 50) await add(ids.slice(from, from + 50))
    const told = await addedOf(world, crowd.at(-1) ?? bob)
    expect(told[0]?.memberCount).toBe(999)
    expect(told[0]?.userIds).toHaveLength(100)
    expect(told[0]?.userIds).toContain(ids.at(-1))
    const [extra] = await insertUsers(world.database, ['extra'])
    expect(await codeOf(add([bob.userId, extra?.userId ?? '']))).toBe('GROUP_FULL')
    await joinGroup(world.deps, bob, { conversationId: id })
    expect(await codeOf(joinGroup(world.deps, extra ?? bob, { conversationId: id }))).toBe(
      'GROUP_FULL',
    )
    expect(await add([bob.userId])).toEqual({ added: [] })
    await expectSound(world, id, { creatorId: ann.userId, userIds: [] })
  })
})
