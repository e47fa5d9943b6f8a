import { FOREVER } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import type { Actor } from '../../src/services/actor.ts'
import { getConversation } from '../../src/services/conversation.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { banMember, listBans, unbanMember } from '../../src/services/group/ban-member.ts'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { listGroupMembers } from '../../src/services/group/list-members.ts'
import { muteMember, unmuteMember } from '../../src/services/group/mute-member.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { sendMessage } from '../../src/services/message.ts'
import { reactToMessage } from '../../src/services/message-reaction.ts'
import { startTyping } from '../../src/services/typing.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, eventsOf, expectSound, openWorld } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

async function openGroup(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan'])
  const { ann, bob, cat } = world.users
  const { id: conversationId } = await newGroup(world, [ann, bob, cat], { joinPolicy: 'open' })
  await setRole(world.deps, ann, { conversationId, userId: bob.userId, role: 'admin' })
  const send = (actor: Actor, clientMessageId?: string) =>
    sendMessage(world.deps, actor, {
      conversationId,
      clientMessageId,
      body: { kind: 'text', text: 'hi' },
    })
  const place = ({ userId }: Actor) => ({ conversationId, userId })
  const types = async () => (await eventsOf(world, `m:${conversationId}`)).map(({ type }) => type)
  return { ...world, ...world.users, conversationId, send, place, types }
}

describeEngines('moderation', (engine) => {
  test('[MOD1] who is muted neither writes, nor edits, nor types, and takes back what he wrote', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, deps, conversationId, send, place } = world
    await send(cat, 'c1')
    await muteMember(deps, bob, place(cat))
    const body = { kind: 'text', text: 'edited' } as const
    const ref = { conversationId, clientMessageId: 'c1' }
    for (const call of [
      () => send(cat),
      () => editMessage(deps, cat, { ...ref, body }),
      () => reactToMessage(deps, cat, { ...ref, reaction: 'no' }),
      () => startTyping(deps, cat, { conversationId }),
    ])
      expect(await codeOf(call())).toBe('MUTED')
    expect(await send(cat, 'c1')).toMatchObject({ duplicate: true })
    await deleteMessage(deps, cat, ref)
    expect(await send(ann)).toMatchObject({ duplicate: false })
    await unmuteMember(deps, ann, place(cat))
    expect(await send(cat)).toMatchObject({ duplicate: false })
  })

  test('[MOD1] a mute ends at its time', async () => {
    await using world = await openGroup(engine)
    const { ann, cat, deps, send, place, database } = world
    const until = (await database.now()) + 60 * 60 * 1000
    await muteMember(deps, ann, { ...place(cat), until })
    expect(await codeOf(send(cat))).toBe('MUTED')
    // The hour is over.
    const { members, spans } = database.tables
    await database.tx(async (tx) => {
      await tx.update(members).set({ barredUntil: 1 })
      await tx.update(spans).set({ barredUntil: 1 })
    })
    expect(await send(cat)).toMatchObject({ duplicate: false })
    const { items } = await listGroupMembers(deps, ann, { ...place(ann), limit: 10 })
    expect(items.filter((item) => 'barredUntil' in item)).toEqual([])
    const over = muteMember(deps, ann, { ...place(cat), until: 1 })
    expect(await codeOf(over)).toBe('INVALID_INPUT')
  })

  test('[MOD2] every member is told and shown, once', async () => {
    await using world = await openGroup(engine)
    const { ann, cat, deps, conversationId, place, types } = world
    for (const _ of [1, 2]) await muteMember(deps, ann, place(cat))
    const [own, whole] = await Promise.all([
      getConversation(deps, cat, { conversationId }),
      listGroupMembers(deps, ann, { conversationId, limit: 10 }),
    ])
    expect(own.barredUntil).toBe(FOREVER)
    expect(whole.items.map(({ username, barredUntil }) => [username, barredUntil])).toEqual([
      ['ann', undefined],
      ['bob', undefined],
      ['cat', FOREVER],
    ])
    for (const _ of [1, 2]) await unmuteMember(deps, ann, place(cat))
    expect(await getConversation(deps, cat, { conversationId })).not.toHaveProperty('barredUntil')
    expect(await types()).toEqual(['group.updated', 'member.muted', 'member.muted'])
    const muted = (await eventsOf(world, `m:${conversationId}`)).flatMap((event) =>
      event.type === 'member.muted' ? [event.body] : [],
    )
    const by = { conversationId, userId: cat.userId, mutedBy: ann.userId }
    expect(muted).toEqual([
      { ...by, barredUntil: FOREVER },
      { ...by, barredUntil: null },
    ])
  })

  test('[MOD2] leaving and coming back ends no mute', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, deps, conversationId, send, place } = world
    await muteMember(deps, ann, place(cat))
    await leaveGroup(deps, cat, { conversationId })
    expect(await codeOf(muteMember(deps, ann, place(cat)))).toBe('NOT_FOUND')
    await joinGroup(deps, cat, { conversationId })
    expect(await codeOf(send(cat))).toBe('MUTED')
    await leaveGroup(deps, cat, { conversationId })
    await unmuteMember(deps, ann, place(cat))
    await addMembers(deps, bob, { conversationId, userIds: [cat.userId] })
    expect(await send(cat)).toMatchObject({ duplicate: false })
  })

  test('[MOD4] owners and admins moderate, an admin neither owners nor admins, nobody himself', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, dan, deps, place } = world
    for (const moderate of [muteMember, banMember]) {
      expect(await codeOf(moderate(deps, cat, place(bob)))).toBe('FORBIDDEN')
      expect(await codeOf(moderate(deps, bob, place(ann)))).toBe('FORBIDDEN')
      expect(await codeOf(moderate(deps, dan, place(cat)))).toBe('NOT_FOUND')
      expect(await codeOf(moderate(deps, ann, place(ann)))).toBe('INVALID_INPUT')
      await moderate(deps, ann, place(bob))
      await moderate(deps, ann, place(cat))
      await unmuteMember(deps, ann, place(bob))
    }
    expect(await codeOf(listBans(deps, bob, { ...place(bob), limit: 1 }))).toBe('NOT_FOUND')
    const nobody = { ...place(ann), userId: '00000000-0000-4000-8000-000000000000' }
    expect(await codeOf(banMember(deps, ann, nobody))).toBe('NOT_FOUND')
  })

  test('[MOD4] a muted owner lets himself write again, a muted admin does not', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, deps, place, send } = world
    await muteMember(deps, ann, place(bob))
    expect(await codeOf(unmuteMember(deps, bob, place(bob)))).toBe('FORBIDDEN')
    await setRole(deps, ann, { ...place(bob), role: 'owner' })
    await muteMember(deps, bob, place(ann))
    await unmuteMember(deps, ann, place(ann))
    expect(await send(ann)).toMatchObject({ duplicate: false })
  })

  test('[MOD3] who is banned is removed, and neither comes back nor is added until the ban is taken back', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, dan, deps, conversationId, place, types } = world
    for (const _ of [1, 2]) await banMember(deps, bob, place(cat))
    await banMember(deps, bob, place(dan))
    const add = ({ userId }: Actor) => ({ conversationId, userIds: [userId] })
    for (const actor of [cat, dan]) {
      expect(await codeOf(joinGroup(deps, actor, { conversationId }))).toBe('FORBIDDEN')
      expect(await codeOf(addMembers(deps, ann, add(actor)))).toBe('FORBIDDEN')
    }
    expect(await types()).toEqual([
      ...['group.updated', 'member.left', 'member.banned', 'member.banned'],
    ])
    for (const _ of [1, 2]) await unbanMember(deps, ann, place(cat))
    await unbanMember(deps, ann, place(dan))
    // Removed as he was, he does not come by himself; the other may.
    expect(await codeOf(joinGroup(deps, cat, { conversationId }))).toBe('FORBIDDEN')
    await addMembers(deps, ann, add(cat))
    await joinGroup(deps, dan, { conversationId })
    await expectSound(world, conversationId, {
      creatorId: ann.userId,
      userIds: [bob.userId, cat.userId],
    })
  })

  test('[MOD3] one who has left by himself is banned as well', async () => {
    await using world = await openGroup(engine)
    const { ann, cat, deps, conversationId, place } = world
    await leaveGroup(deps, cat, { conversationId })
    await banMember(deps, ann, place(cat))
    expect(await codeOf(joinGroup(deps, cat, { conversationId }))).toBe('FORBIDDEN')
  })

  test('[MOD5] the banned are listed in pages, for owners and admins', async () => {
    await using world = await openGroup(engine)
    const { ann, bob, cat, dan, deps, conversationId, place } = world
    await banMember(deps, bob, place(dan))
    await banMember(deps, ann, place(cat))
    const first = await listBans(deps, bob, { conversationId, limit: 1 })
    const cursor = first.next ?? ''
    const second = await listBans(deps, bob, { conversationId, limit: 1, cursor })
    const shown = [...first.items, ...second.items]
    expect(shown.map(({ user, bannedBy }) => [user.username, bannedBy])).toEqual([
      ['cat', ann.userId],
      ['dan', bob.userId],
    ])
    expect(second.next).toBeNull()
  })
})
