import { expect, test } from 'vitest'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { removeMember } from '../../src/services/group/remove-member.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import { describeEngines } from '../support/databases.ts'
import {
  codeOf,
  eventsOf,
  expectSound,
  openWorld,
  say,
  seenBy,
  storedMembers,
} from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

describeEngines('group.leave', (engine) => {
  test('[CNV7] [S2.5] his leaving is the last that a leaver sees', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    await say(world, bob, id)
    await leaveGroup(world.deps, bob, { conversationId: id })
    await say(world, ann, id)
    const seen = await seenBy(world, bob, `m:${id}`)
    expect(seen?.map(({ type }) => type)).toEqual(['message.created', 'member.left'])
    expect(seen?.at(-1)?.body).toEqual({ conversationId: id, userId: bob.userId, removedBy: null })
    expect(await codeOf(say(world, bob, id))).toBe('NOT_FOUND')
  })

  test('[CNV7] leaving twice is leaving once, also at once', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    const leaves = Array.from({ length: 10 }, () =>
      leaveGroup(world.deps, bob, { conversationId: id }),
    )
    await Promise.all(leaves)
    await leaveGroup(world.deps, bob, { conversationId: id })
    expect(await eventsOf(world, `m:${id}`)).toHaveLength(1)
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
  })

  test('[CNV7] a removed member who leaves stays removed', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    await removeMember(world.deps, ann, { conversationId: id, userId: bob.userId })
    await leaveGroup(world.deps, bob, { conversationId: id })
    expect((await storedMembers(world, id)).get(bob.userId)?.state).toBe('removed')
    expect(await codeOf(joinGroup(world.deps, bob, { conversationId: id }))).toBe('FORBIDDEN')
  })

  test('[CNV8] the creator may leave: the longest-serving admin inherits, and the group is told', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await newGroup(world, [ann, bob, cat])
    await setRole(world.deps, ann, { conversationId: id, userId: cat.userId, role: 'admin' })
    await leaveGroup(world.deps, ann, { conversationId: id })
    const events = (await eventsOf(world, `m:${id}`)).slice(1)
    expect(events.map(({ type, body }) => ({ type, body }))).toEqual([
      { type: 'member.left', body: { conversationId: id, userId: ann.userId, removedBy: null } },
      {
        type: 'group.updated',
        body: {
          conversationId: id,
          updatedBy: ann.userId,
          roles: [{ userId: cat.userId, role: 'owner' }],
        },
      },
    ])
    await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId, cat.userId] })
  })

  test('[CNV8] without an admin the longest-serving member inherits, and who comes back is a member', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const made = { creatorId: ann.userId, userIds: [bob.userId, cat.userId] }
    const { id } = await newGroup(world, [ann, bob, cat])
    await leaveGroup(world.deps, bob, { conversationId: id })
    await joinGroup(world.deps, bob, { conversationId: id })
    await leaveGroup(world.deps, ann, { conversationId: id })
    expect((await expectSound(world, id, made)).get(cat.userId)?.role).toBe('owner')
    await joinGroup(world.deps, ann, { conversationId: id })
    expect((await expectSound(world, id, made)).get(ann.userId)?.role).toBe('member')
  })

  test('[CNV8] with another owner left nothing is passed on', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await newGroup(world, [ann, bob, cat])
    await setRole(world.deps, ann, { conversationId: id, userId: cat.userId, role: 'owner' })
    await leaveGroup(world.deps, ann, { conversationId: id })
    expect((await eventsOf(world, `m:${id}`)).map(({ type }) => type)).toEqual([
      'group.updated',
      'member.left',
    ])
  })

  test('[CNV8] an emptied group stays, and the first who comes back owns it', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const made = { creatorId: ann.userId, userIds: [bob.userId] }
    const { id } = await newGroup(world, [ann, bob])
    await leaveGroup(world.deps, ann, { conversationId: id })
    await leaveGroup(world.deps, bob, { conversationId: id })
    await expectSound(world, id, made)
    const back = await joinGroup(world.deps, ann, { conversationId: id })
    expect(back).toMatchObject({ role: 'owner', memberCount: 1 })
    const seen = await seenBy(world, ann, `m:${id}`)
    expect(seen?.at(-1)?.body).toMatchObject({ roles: [{ userId: ann.userId, role: 'owner' }] })
    await expectSound(world, id, made)
  })
})
