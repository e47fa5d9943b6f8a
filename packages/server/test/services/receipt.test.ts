import fc from 'fast-check'
import { like } from 'drizzle-orm'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Receipt } from '@tidings/protocol/wire'
import { systemMachine, type Machine } from '../../src/machine.ts'
import type { Actor } from '../../src/services/actor.ts'
import { commitMarks } from '../../src/services/mark-commit.ts'
import { countMessageReceipts, markMessages } from '../../src/services/receipt.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { openMessageWorld } from './message-world.ts'

interface Marks {
  delivered: number
  read: number
}

describeEngines('receipts', (engine: Engine) => {
  type World = Awaited<ReturnType<typeof openMessageWorld>>

  async function sendMany(chat: World, count: number) {
    const sends = Array.from({ length: count }, () => chat.world.send(chat.group, chat.annUser))
    return (await Promise.all(sends)).map(({ event }) => event)
  }

  const mark = (chat: World, actor: Actor, kind: 'delivered' | 'read', seq: number) =>
    markMessages(chat.deps, actor, { kind, input: { conversationId: chat.group.id, seq } })

  const receiptsOf = (chat: World): Receipt[] =>
    chat.world.committed
      .filter(({ type }) => type === 'receipt.updated')
      .flatMap(({ body }) => (body as { receipts: Receipt[] }).receipts)

  test('[RCP1] [RCP3] [RCP4] reading says also that it was delivered, from where to where, and tells the own devices', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 5)
    await mark(chat, chat.bob, 'delivered', 3)
    await mark(chat, chat.bob, 'read', 5)
    const userId = chat.bob.userId
    expect(receiptsOf(chat)).toEqual([
      { userId, kind: 'delivered', from: 0, to: 3 },
      { userId, kind: 'delivered', from: 3, to: 5 },
      { userId, kind: 'read', from: 0, to: 5 },
    ])
    const own = chat.world.committed.filter(({ type }) => type === 'mark.updated')
    expect(own).toMatchObject([
      { stream: `u:${userId}`, body: { conversationId: chat.group.id, readSeq: 5 } },
    ])
  })

  test('[RCP1] marks never shrink and never pass the head', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 4)
    await mark(chat, chat.bob, 'read', 1_000_000)
    await mark(chat, chat.bob, 'read', 2)
    await mark(chat, chat.bob, 'delivered', 1)
    const highest = receiptsOf(chat).map(({ to }) => to)
    expect(Math.max(...highest)).toBe(4)
    expect(receiptsOf(chat)).toHaveLength(2)
  })

  test.runIf(engine === 'sqlite')(
    '[RCP2] [DB31] a message that waits for the writer at the same time goes first',
    async () => {
      await using chat = await openMessageWorld(engine)
      const { committed, database, journal } = chat.world
      // On a busy machine the milliseconds for which receipts wait could be over before the message is there.
      vi.useFakeTimers({ toFake: ['Date'] })
      onTestFinished(() => {
        vi.useRealTimers()
      })
      let before: readonly unknown[] = []
      const take = () => {
        before = committed.map(({ type }) => type)
        return []
      }
      const receipts = commitMarks(database, journal, take)
      await Promise.all([receipts, chat.world.send(chat.group, chat.annUser)])
      expect(before).toEqual(['message.created'])
    },
  )

  test('[JRN14] keys that stand for another conversation by now write nothing, and are looked up anew', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 1)
    await mark(chat, chat.bob, 'delivered', 1)
    const { streams, conversations } = chat.world.database.tables
    const rename = (of: string) =>
      chat.world.database.tx(async (tx) => {
        for (const kind of ['m', 'r'])
          await tx
            .update(streams)
            .set({ name: `${kind}:${of}` })
            .where(like(streams.name, `${kind}:%`))
        await tx.update(conversations).set({ id: of })
      })
    const before = chat.world.committed.length
    await rename('another')
    await expect(mark(chat, chat.bob, 'read', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(sendMany(chat, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(chat.world.committed).toHaveLength(before)
    await rename(chat.group.id)
    await mark(chat, chat.bob, 'read', 1)
    await sendMany(chat, 1)
  })

  test("[RCP2] a mark that says nothing new, an unknown message and another's message are answered alike", async () => {
    await using chat = await openMessageWorld(engine)
    const [event] = await sendMany(chat, 1)
    const messageId = event?.messageId ?? ''
    const byMessage = (actor: Actor, id: string) =>
      markMessages(chat.deps, actor, { kind: 'read', input: { messageId: id } })
    const before = chat.world.committed.length
    expect(await byMessage(chat.cat, messageId)).toEqual({ ok: true })
    expect(await byMessage(chat.bob, '00000000-0000-4000-8000-000000000000')).toEqual({ ok: true })
    expect(chat.world.committed.length).toBe(before)
    expect(await byMessage(chat.bob, messageId)).toEqual({ ok: true })
    expect(receiptsOf(chat).map(({ kind }) => kind)).toEqual(['delivered', 'read'])
    const after = chat.world.committed.length
    expect(await byMessage(chat.bob, messageId)).toEqual({ ok: true })
    expect(chat.world.committed.length).toBe(after)
    await expect(mark(chat, chat.cat, 'read', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('[RCP2] an array is answered item by item', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 2)
    const input = [
      { conversationId: chat.group.id, seq: 1 },
      { conversationId: '00000000-0000-4000-8000-000000000000', seq: 1 },
      { conversationId: chat.group.id, seq: 2 },
    ]
    expect(await markMessages(chat.deps, chat.bob, { kind: 'delivered', input })).toMatchObject([
      { ok: true },
      { error: { code: 'NOT_FOUND' } },
      { ok: true },
    ])
  })

  test('[RCP3] in a group many marks of a moment become at most two events', async () => {
    await using chat = await openMessageWorld(engine)
    const people = await Promise.all(
      Array.from({ length: 20 }, (_, i) => chat.world.user(`reader${i}`)),
    )
    const group = await chat.world.conversation([chat.annUser, ...people])
    await Promise.all(Array.from({ length: 10 }, () => chat.world.send(group, chat.annUser)))
    const before = chat.world.committed.length
    const marks = people.flatMap((person, i) =>
      [3, 7, 10].map((seq) =>
        markMessages(chat.deps, chat.actorOf(person, `reader${i}`), {
          kind: 'delivered',
          input: { conversationId: group.id, seq },
        }),
      ),
    )
    await Promise.all(marks)
    const events = chat.world.committed.slice(before)
    expect(events.length).toBeLessThanOrEqual(3)
    const reached = new Map<string, number>()
    for (const { userId, from, to } of receiptsOf(chat)) {
      expect(from).toBe(reached.get(userId) ?? 0)
      reached.set(userId, to)
    }
    expect([...reached.values()]).toEqual(people.map(() => 10))
  })

  test('[RCP5] above 100 members marks are kept and counted, but no receipts are written', async () => {
    await using chat = await openMessageWorld(engine)
    const people = []
    for (let i = 0; i < 100; i++) people.push(await chat.world.user(`member${i}`))
    const group = await chat.world.conversation([chat.annUser, ...people])
    await chat.world.send(group, chat.annUser)
    const before = receiptsOf(chat).length
    const some = people.slice(0, 3)
    for (const [i, person] of some.entries()) {
      const kind = i === 0 ? 'read' : 'delivered'
      await markMessages(chat.deps, chat.actorOf(person, 'x'), {
        kind,
        input: { conversationId: group.id, seq: 1 },
      })
    }
    expect(receiptsOf(chat).length).toBe(before)
    const count = await countMessageReceipts(chat.deps, chat.ann, {
      conversationId: group.id,
      seq: 1,
    })
    expect(count).toEqual({ delivered: 3, read: 1, members: 100 })
    const [first] = people
    if (first === undefined) throw new Error('nobody')
    await chat.world.leave(group, first)
    const without = await countMessageReceipts(chat.deps, chat.ann, {
      conversationId: group.id,
      seq: 1,
    })
    expect(without.members, 'his membership has not ended here, his span still shows seq 1').toBe(
      100,
    )
    await chat.world.join(group, first)
    const { event } = await chat.world.send(group, chat.annUser)
    const later = await countMessageReceipts(chat.deps, chat.ann, {
      conversationId: group.id,
      seq: event.seq,
    })
    expect(later).toEqual({ delivered: 0, read: 0, members: 100 })
    const between = await countMessageReceipts(chat.deps, chat.ann, {
      conversationId: group.id,
      seq: event.seq - 1,
    })
    expect(between.members, 'he came back after this seq').toBe(99)
  })

  test('[RCP1] whatever is marked at once, the events fold to the largest mark and never overlap', async () => {
    const hasty: Machine = {
      ...systemMachine,
      after: (ms, run) => systemMachine.after(ms / 25, run),
    }
    await using chat = await openMessageWorld(engine, undefined, hasty)
    await sendMany(chat, 10)
    const one = fc.record({
      kind: fc.constantFrom('delivered' as const, 'read' as const),
      seq: fc.nat(14),
    })
    let expected: Marks = { delivered: 0, read: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 6 }), async (marks) => {
        await Promise.all(marks.map(({ kind, seq }) => mark(chat, chat.bob, kind, seq)))
        const top = (kind?: string) =>
          Math.max(
            0,
            ...marks
              .filter((m) => kind === undefined || m.kind === kind)
              .map(({ seq }) => Math.min(seq, 10)),
          )
        expected = {
          delivered: Math.max(expected.delivered, top()),
          read: Math.max(expected.read, top('read')),
        }
        const folded: Marks = { delivered: 0, read: 0 }
        for (const { kind, from, to } of receiptsOf(chat)) {
          expect(from).toBe(folded[kind])
          expect(to).toBeGreaterThan(from)
          folded[kind] = to
        }
        expect(folded).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  })

  test('[RCP5] how large the group is counts when the marks are written, not when they come', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 3)
    const { conversations } = chat.database.tables
    const setCount = (memberCount: number) =>
      chat.database.tx(async (tx) => {
        await tx.update(conversations).set({ memberCount })
      })
    await setCount(100)
    await mark(chat, chat.bob, 'delivered', 1)
    // Within the window that the first mark has opened.
    const gathered = mark(chat, chat.bob, 'delivered', 2)
    const grown = setCount(101)
    await Promise.all([gathered, grown])
    expect(receiptsOf(chat).map(({ to }) => to)).toEqual([1])
    expect(
      await countMessageReceipts(chat.deps, chat.ann, { conversationId: chat.group.id, seq: 2 }),
    ).toMatchObject({ delivered: 1 })
  })
})
