import type { KindSchema } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { createGroup } from '../../src/services/group/create.ts'
import { transferGroup } from '../../src/services/group/transfer.ts'
import { updateGroup } from '../../src/services/group/update.ts'
import { describeEngines } from '../support/databases.ts'
import { codeOf, eventsOf } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'
import { openOwnWorld } from './own-world.ts'

const POLICIES = { joinPolicy: 'invite', history: 'joined' } as const

describeEngines('groups: their data, and giving them away', (engine) => {
  test('[INB5] the data of a group is set by owners and admins, seen by all, and told when it differs', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, deps, world, view } = scene
    const made = await createGroup(deps, ann, {
      ...{ ...POLICIES, name: 'g', userIds: [bob.userId], data: { colour: 'red' } },
    })
    const { id: conversationId } = made
    expect(made.data).toEqual({ colour: 'red' })
    expect((await view(bob, conversationId)).data).toEqual({ colour: 'red' })
    const set = (data: { colour: string; size?: number } | null) =>
      updateGroup(deps, ann, { conversationId, data })
    await set({ colour: 'red' })
    await set({ colour: 'blue', size: 1 })
    expect((await set(null)).data).toBeNull()
    expect((await eventsOf(world, `m:${conversationId}`)).map(({ body }) => body)).toEqual([
      { conversationId, updatedBy: ann.userId, data: { colour: 'blue', size: 1 } },
      { conversationId, updatedBy: ann.userId, data: null },
    ])
    const change = { conversationId, data: 1 }
    expect(await codeOf(updateGroup(deps, bob, change))).toBe('FORBIDDEN')
    expect(await codeOf(updateGroup(deps, cat, change))).toBe('NOT_FOUND')
  })

  test('[INB5] [CNV18] another data is another payload', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, deps } = scene
    const input = { ...POLICIES, name: 'g', userIds: [], clientConversationId: 'once' }
    const { id } = await createGroup(deps, ann, { ...input, data: { a: 1, b: 2 } })
    expect((await createGroup(deps, ann, { ...input, data: { b: 2, a: 1 } })).id).toBe(id)
    expect(await codeOf(createGroup(deps, ann, input))).toBe('IDEMPOTENCY_CONFLICT')
  })

  test("[INB5] a server with the app's schema keeps what that makes of it, and refuses the rest", async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, deps } = scene
    const schema = z.object({ colour: z.string().trim() })
    const strict = (conversationData: KindSchema) => ({ ...deps, conversationData })
    const create = (data: { colour: unknown }, conversationData: KindSchema = schema) =>
      createGroup(strict(conversationData), ann, {
        ...{ ...POLICIES, name: 'g', userIds: [] },
        data: data as { colour: string },
      })
    expect((await create({ colour: ' red ' })).data).toEqual({ colour: 'red' })
    expect(await codeOf(create({ colour: 7 }))).toBe('INVALID_INPUT')
    const wordy = schema.transform(() => 'x'.repeat(5000))
    expect(await codeOf(create({ colour: 'red' }, wordy))).toBe('INVALID_INPUT')
    expect(
      await codeOf(
        create(
          { colour: 'red' },
          schema.transform(() => new Date()),
        ),
      ),
    ).toBe('INVALID_INPUT')
  })

  test('[INB7] a group is given away in one step, told by one event', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, deps, world, view } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob])
    const give = (from: typeof ann, to: typeof ann) =>
      transferGroup(deps, from, { conversationId, userId: to.userId })
    expect(await codeOf(give(bob, bob))).toBe('FORBIDDEN')
    expect(await codeOf(give(cat, bob))).toBe('NOT_FOUND')
    expect(await codeOf(give(ann, cat))).toBe('NOT_FOUND')
    await give(ann, ann)
    expect(await eventsOf(world, `m:${conversationId}`)).toEqual([])
    await give(ann, bob)
    expect((await view(ann, conversationId)).role).toBe('admin')
    expect((await view(bob, conversationId)).role).toBe('owner')
    expect((await eventsOf(world, `m:${conversationId}`)).map(({ body }) => body)).toEqual([
      {
        ...{ conversationId, updatedBy: ann.userId },
        roles: [
          { userId: bob.userId, role: 'owner' },
          { userId: ann.userId, role: 'admin' },
        ],
      },
    ])
    expect(await codeOf(give(ann, bob))).toBe('FORBIDDEN')
  })
})
