import { expect, test } from 'vitest'
import { joinGroup } from '../../src/services/group/join.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import { updateGroup } from '../../src/services/group/update.ts'
import { describeEngines } from '../support/databases.ts'
import { codeOf, eventsOf, openWorld, say, seenBy } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

describeEngines('group.update', (engine) => {
  test('[CNV12] only what changed is told, and nothing when nothing did', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    await setRole(world.deps, ann, { conversationId: id, userId: bob.userId, role: 'admin' })
    const all = { name: 'new', joinPolicy: 'invite', history: 'all' } as const
    const updated = await updateGroup(world.deps, bob, { conversationId: id, ...all })
    expect(updated).toMatchObject({ ...all, role: 'admin', head: 2 })
    const same = await updateGroup(world.deps, bob, { conversationId: id, ...all })
    expect(same).toEqual(updated)
    expect(await updateGroup(world.deps, bob, { conversationId: id })).toEqual(updated)
    await updateGroup(world.deps, ann, { conversationId: id, joinPolicy: 'open' })
    const common = { conversationId: id }
    expect((await eventsOf(world, `m:${id}`)).slice(1).map(({ body }) => body)).toEqual([
      { ...common, updatedBy: bob.userId, name: 'new', history: 'all' },
      { ...common, updatedBy: ann.userId, joinPolicy: 'open' },
    ])
  })

  test('[CNV12] a member changes nothing', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    const call = updateGroup(world.deps, bob, { conversationId: id, name: 'mine' })
    expect(await codeOf(call)).toBe('FORBIDDEN')
    expect(await eventsOf(world, `m:${id}`)).toEqual([])
  })

  test('[CNV12] another history policy is for those who come later', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await newGroup(world, [ann], { joinPolicy: 'open' })
    await say(world, ann, id)
    await joinGroup(world.deps, bob, { conversationId: id })
    await updateGroup(world.deps, ann, { conversationId: id, history: 'all' })
    await joinGroup(world.deps, cat, { conversationId: id })
    const seen = async (actor: typeof ann) =>
      (await seenBy(world, actor, `m:${id}`))?.map(({ seq }) => seq)
    expect(await seen(bob)).toEqual([3, 4])
    expect(await seen(cat)).toEqual([1, 2, 3, 4])
  })
})
