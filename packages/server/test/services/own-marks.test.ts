import { expect, test } from 'vitest'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { listGroupMembers } from '../../src/services/group/list-members.ts'
import { hideConversation, markUnread } from '../../src/services/own-view.ts'
import {
  countMessageReceipts,
  listMessageReceipts,
  markMessages,
} from '../../src/services/receipt.ts'
import { describeEngines } from '../support/databases.ts'
import { codeOf, eventsOf, say } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'
import { openOwnWorld } from './own-world.ts'

describeEngines("a member's own marks", (engine) => {
  test('[RCP8] of a private read nobody learns but the own devices', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, view, read, toldOf, sayOften } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob])
    await sayOften(ann, conversationId, 4)
    const seenByAnn = async () => ({
      view: await view(ann, conversationId),
      members: await listGroupMembers(deps, ann, { conversationId, limit: 10 }),
      count: await countMessageReceipts(deps, ann, { conversationId, seq: 1 }),
      receipts: await listMessageReceipts(deps, ann, { conversationId, seq: 1, limit: 10 }),
      events: await eventsOf(world, `r:${conversationId}`),
    })
    const before = await seenByAnn()
    await read(bob, conversationId, 3, true)
    expect(await seenByAnn()).toEqual(before)
    expect(await view(bob, conversationId)).toMatchObject({
      ...{ readSeq: 3, shownReadSeq: 0, deliveredSeq: 0, unread: 1 },
    })
    // Not further than before: nobody is told, not even himself.
    await read(bob, conversationId, 2, true)
    expect(await toldOf(bob, 'mark.updated')).toEqual([
      { conversationId, readSeq: 3, shownReadSeq: 0 },
    ])
    await read(bob, conversationId, 2)
    expect(await view(bob, conversationId)).toMatchObject({
      readSeq: 3,
      shownReadSeq: 2,
      unread: 1,
    })
    expect(await view(ann, conversationId)).toMatchObject({ othersReadSeq: 2 })
    await read(bob, conversationId, 4)
    expect((await toldOf(bob, 'mark.updated')).slice(1)).toEqual([
      { conversationId, readSeq: 3, shownReadSeq: 2 },
      { conversationId, readSeq: 4 },
    ])
    expect(await view(ann, conversationId)).toMatchObject({ othersReadSeq: 4 })
  })

  test('[RCP8] reading privately and openly at once is both', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, view, sayOften } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob])
    await sayOften(ann, conversationId, 5)
    await markMessages(deps, bob, {
      kind: 'read',
      input: [
        { conversationId, seq: 2 },
        { conversationId, seq: 5, private: true },
        { conversationId, seq: 9, private: true },
      ],
    })
    expect(await view(bob, conversationId)).toMatchObject({
      readSeq: 5,
      shownReadSeq: 2,
      unread: 0,
    })
    expect((await view(ann, conversationId)).othersReadSeq).toBe(2)
  })

  test('[RCP9] marked as unread, a conversation counts from that message on until it is read', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, view, unread, read, sayOften, toldOf } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob])
    await sayOften(ann, conversationId, 5)
    await say(world, bob, conversationId)
    const mark = (seq: number) => markUnread(deps, bob, { conversationId, seq })
    await mark(2)
    expect(await unread(bob, conversationId), 'nothing was read yet').toBe(5)
    await read(bob, conversationId, 6)
    const before = await view(ann, conversationId)
    await mark(3)
    expect(await unread(bob, conversationId)).toBe(3)
    expect(await view(bob, conversationId)).toMatchObject({ unreadFrom: 3, readSeq: 6 })
    expect(await view(ann, conversationId), 'the others see no difference').toEqual(before)
    await mark(3)
    await mark(5)
    expect(await unread(bob, conversationId)).toBe(1)
    await mark(2)
    await say(world, ann, conversationId)
    expect(await unread(bob, conversationId)).toBe(5)
    await read(bob, conversationId, 3)
    expect(await view(bob, conversationId)).toMatchObject({ unread: 3, unreadFrom: 4, readSeq: 6 })
    await read(bob, conversationId, 1)
    await read(bob, conversationId, 7, true)
    expect(await view(bob, conversationId)).toMatchObject({ unread: 0, unreadFrom: null })
    expect(await toldOf(bob, 'mark.updated')).toEqual([
      { conversationId, readSeq: 6 },
      { conversationId, readSeq: 6, unreadFrom: 3 },
      { conversationId, readSeq: 6, unreadFrom: 5 },
      { conversationId, readSeq: 6, unreadFrom: 2 },
      { conversationId, readSeq: 6, unreadFrom: 4 },
      { conversationId, readSeq: 7, shownReadSeq: 6 },
    ])
  })

  test('[RCP9] it goes back no further than what he sees', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, deps, world, view, read, sayOften } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    await sayOften(ann, conversationId, 3)
    await joinGroup(deps, cat, { conversationId })
    const head = await sayOften(ann, conversationId, 2)
    await read(cat, conversationId, head)
    await markUnread(deps, cat, { conversationId, seq: 1 })
    expect(await view(cat, conversationId)).toMatchObject({ unread: 2, unreadFrom: 5 })
    await hideConversation(deps, cat, { conversationId, seq: 5 })
    expect(await view(cat, conversationId)).toMatchObject({ unread: 1 })
    await markUnread(deps, cat, { conversationId, seq: 1 })
    expect(await view(cat, conversationId)).toMatchObject({ unread: 1, unreadFrom: 6 })
    await leaveGroup(deps, cat, { conversationId })
    const mark = markUnread(deps, cat, { conversationId, seq: 1 })
    expect(await codeOf(mark)).toBe('NOT_FOUND')
    await joinGroup(deps, cat, { conversationId })
    expect(await view(cat, conversationId)).toMatchObject({ unread: 0, unreadFrom: null })
  })

  test('[RCP5] [RCP10] [INB4] of what a member does not see, or has cleared, he is told no receipts', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, deps, world, sayOften } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    await sayOften(ann, conversationId, 2)
    await joinGroup(deps, cat, { conversationId })
    await sayOften(ann, conversationId, 1)
    await hideConversation(deps, bob, { conversationId, seq: 2 })
    const answers = [cat, bob].map(async (actor) => {
      for (const ask of [countMessageReceipts, listMessageReceipts]) {
        expect(await codeOf(ask(deps, actor, { conversationId, seq: 2, limit: 9 }))).toBe(
          'NOT_FOUND',
        )
        await ask(deps, actor, { conversationId, seq: 4, limit: 9 })
      }
    })
    await Promise.all(answers)
  })

  test('[RCP10] to whom a message was delivered, and who has read it, page by page', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, deps, world, read, sayOften } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    await sayOften(ann, conversationId, 2)
    await joinGroup(deps, cat, { conversationId })
    await say(world, ann, conversationId)
    await read(bob, conversationId, 2)
    await markMessages(deps, cat, { kind: 'delivered', input: { conversationId, seq: 4 } })
    const at = async (seq: number, cursor?: string) => {
      const page = await listMessageReceipts(deps, ann, { conversationId, seq, cursor, limit: 1 })
      return { next: page.next, items: page.items }
    }
    const ofBob = (delivered: boolean, seen: boolean) => ({
      ...{ userId: bob.userId, username: 'bob', delivered, read: seen },
    })
    expect(await at(2), 'cat does not see it').toEqual({ next: null, items: [ofBob(true, true)] })
    const first = await at(4)
    expect(first.items).toEqual([ofBob(false, false)])
    const second = await at(4, first.next ?? '')
    const ofCat = { userId: cat.userId, username: 'cat', delivered: true, read: false }
    expect(second).toEqual({ next: null, items: [ofCat] })
    expect(await codeOf(at(4, 'nonsense'))).toBe('INVALID_INPUT')
    await leaveGroup(deps, cat, { conversationId })
    const foreign = listMessageReceipts(deps, cat, { conversationId, seq: 4, limit: 1 })
    expect(await codeOf(foreign)).toBe('NOT_FOUND')
  })
})
