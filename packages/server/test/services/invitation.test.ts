import { LIMITS } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { blockUser } from '../../src/services/block.ts'
import { banMember } from '../../src/services/group/ban-member.ts'
import {
  acceptInvitation,
  createInvitation,
  listInvitations,
  previewInvitation,
  revokeInvitation,
} from '../../src/services/group/invitation.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { removeMember } from '../../src/services/group/remove-member.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { addedOf, codeOf, eventsOf, expectSound, openWorld } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

async function openGroup(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan'])
  const { ann, bob } = world.users
  const { id: conversationId } = await newGroup(world, [ann, bob])
  return { ...world, ...world.users, conversationId }
}

describeEngines('invitations', (engine) => {
  test('[INV1] an invitation is made, listed without its code and ended by owners and admins', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, deps, conversationId } = world
    const now = await world.database.now()
    const expiresAt = now + 60_000
    const made = await createInvitation(deps, ann, { conversationId, expiresAt, maxUses: 3 })
    expect(made.code).toMatch(/^tdi_[\w-]{43}$/)
    const { code, ...shown } = made
    expect(await listInvitations(deps, ann, { conversationId })).toEqual([shown])
    for (const [actor, refusal] of [
      [bob, 'FORBIDDEN'],
      [cat, 'NOT_FOUND'],
    ] as const) {
      const calls = [
        () => createInvitation(deps, actor, { conversationId }),
        () => listInvitations(deps, actor, { conversationId }),
        () => revokeInvitation(deps, actor, { conversationId, invitationId: made.id }),
      ]
      for (const call of calls) expect(await codeOf(call())).toBe(refusal)
    }
    await setRole(deps, ann, { conversationId, userId: bob.userId, role: 'admin' })
    for (const _ of [1, 2])
      await revokeInvitation(deps, bob, { conversationId, invitationId: made.id })
    expect(await listInvitations(deps, ann, { conversationId })).toEqual([])
    expect(await codeOf(previewInvitation(deps, cat, { code }))).toBe('NOT_FOUND')
    const over = createInvitation(deps, ann, { conversationId, expiresAt: now - 1 })
    expect(await codeOf(over)).toBe('INVALID_INPUT')
  })

  test('[INV1] the database holds a digest of the code, and a group has a hundred at most', async () => {
    await using world = await openGroup(engine)
    const { ann, deps, conversationId, database } = world
    const { code } = await createInvitation(deps, ann, { conversationId, maxUses: 1 })
    const rows = await database.read.select().from(database.tables.invitations)
    expect(JSON.stringify(rows)).not.toContain(code.slice(4))
    for (let made = 1; made < LIMITS.groupInvitations; made += 1)
      await createInvitation(deps, ann, { conversationId })
    expect(await codeOf(createInvitation(deps, ann, { conversationId }))).toBe('LIMIT_REACHED')
    // One that is used up makes room.
    await acceptInvitation(deps, world.cat, { code })
    await createInvitation(deps, ann, { conversationId })
  })

  test('[INV5] what a former admin has made is neither listed nor counted, until he is one again', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, deps, conversationId } = world
    const setBob = (role: 'admin' | 'member') =>
      setRole(deps, ann, { conversationId, userId: bob.userId, role })
    await setBob('admin')
    const { code, ...made } = await createInvitation(deps, bob, { conversationId })
    await setBob('member')
    expect(await listInvitations(deps, ann, { conversationId })).toEqual([])
    expect(await codeOf(previewInvitation(deps, world.cat, { code }))).toBe('NOT_FOUND')
    for (let index = 0; index < LIMITS.groupInvitations; index += 1)
      await createInvitation(deps, ann, { conversationId })
    await setBob('admin')
    const listed = await listInvitations(deps, ann, { conversationId })
    expect(listed).toContainEqual(made)
    expect(listed).toHaveLength(LIMITS.groupInvitations + 1)
  })

  test('[INV2] before he comes in, a code tells name and number of members, and no more', async () => {
    await using world = await openGroup(engine)
    const { ann, cat, deps, conversationId } = world
    const { code } = await createInvitation(deps, ann, { conversationId })
    expect(await previewInvitation(deps, cat, { code })).toEqual({
      name: 'group_1',
      memberCount: 2,
    })
    expect(await codeOf(previewInvitation(deps, cat, { code: 'tdi_made-up' }))).toBe('NOT_FOUND')
  })

  test('[INV3] by a code one comes in as by himself, and being in uses nothing up', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, deps, conversationId } = world
    const { code } = await createInvitation(deps, ann, { conversationId, maxUses: 2 })
    expect(await acceptInvitation(deps, cat, { code })).toMatchObject({ id: conversationId })
    for (const actor of [cat, bob, ann]) await acceptInvitation(deps, actor, { code })
    expect(await listInvitations(deps, ann, { conversationId })).toMatchObject([{ uses: 1 }])
    expect((await addedOf(world, cat)).map(({ addedBy }) => addedBy)).toEqual([null])
    const made = { creatorId: ann.userId, userIds: [bob.userId] }
    await expectSound(world, conversationId, made)
    const [joined] = await eventsOf(world, `m:${conversationId}`)
    expect(joined?.body).toMatchObject({ userId: cat.userId, addedBy: null })
    await leaveGroup(deps, cat, { conversationId })
    await acceptInvitation(deps, cat, { code })
    expect(await codeOf(acceptInvitation(deps, world.dan, { code }))).toBe('NOT_FOUND')
  })

  test('[INV3] whoever came in by the last use gets the same answer when he asks again', async () => {
    await using world = await openGroup(engine)
    const { ann, cat, deps, conversationId } = world
    const { code } = await createInvitation(deps, ann, { conversationId, maxUses: 1 })
    for (const _ of [1, 2])
      expect(await acceptInvitation(deps, cat, { code })).toMatchObject({ id: conversationId })
    expect(await addedOf(world, cat)).toHaveLength(1)
    await leaveGroup(deps, cat, { conversationId })
    expect(await codeOf(acceptInvitation(deps, cat, { code }))).toBe('NOT_FOUND')
  })

  test('[INV3] one that has ended opens nothing', async () => {
    await using world = await openGroup(engine)
    const { ann, cat, deps, conversationId, database } = world
    const { code } = await createInvitation(deps, ann, {
      conversationId,
      expiresAt: (await database.now()) + 60_000,
    })
    await database.tx((tx) => tx.update(database.tables.invitations).set({ expiresAt: 1 }))
    for (const call of [previewInvitation, acceptInvitation])
      expect(await codeOf(call(deps, cat, { code }))).toBe('NOT_FOUND')
    expect(await listInvitations(deps, ann, { conversationId })).toEqual([])
  })

  test('[INV4] who was removed or is banned does not come in by a code', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, deps, conversationId } = world
    const { code } = await createInvitation(deps, ann, { conversationId })
    await removeMember(deps, ann, { conversationId, userId: bob.userId })
    await banMember(deps, ann, { conversationId, userId: cat.userId })
    for (const actor of [bob, cat])
      expect(await codeOf(acceptInvitation(deps, actor, { code }))).toBe('FORBIDDEN')
    expect(await codeOf(previewInvitation(deps, cat, { code }))).toBe('FORBIDDEN')
    expect(await listInvitations(deps, ann, { conversationId })).toMatchObject([{ uses: 0 }])
  })

  test('[INV4] whom its maker has blocked finds nothing behind a code', async () => {
    await using world = await openGroup(engine)
    const { ann, cat, deps, conversationId } = world
    const { code } = await createInvitation(deps, ann, { conversationId })
    await blockUser(deps, ann, { userId: cat.userId })
    for (const call of [previewInvitation, acceptInvitation])
      expect(await codeOf(call(deps, cat, { code }))).toBe('NOT_FOUND')
  })

  test('[INV5] a code is worth what its maker may do: it opens nothing once he may not invite any more', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, deps, conversationId } = world
    await setRole(deps, ann, { conversationId, userId: bob.userId, role: 'admin' })
    const { code } = await createInvitation(deps, bob, { conversationId })
    await setRole(deps, ann, { conversationId, userId: bob.userId, role: 'member' })
    expect(await codeOf(acceptInvitation(deps, cat, { code }))).toBe('NOT_FOUND')
    await setRole(deps, ann, { conversationId, userId: bob.userId, role: 'admin' })
    expect((await acceptInvitation(deps, cat, { code })).memberCount).toBe(3)
  })
})
