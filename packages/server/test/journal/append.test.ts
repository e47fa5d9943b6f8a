import { expect, test } from 'vitest'
import { isTidingsError } from '@tidings/protocol/wire'
import { describeEngines, openTestDatabase } from '../support/databases.ts'
import { JournalWorld } from '../support/journal-world.ts'

describeEngines('append', (engine) => {
  async function open() {
    const database = await openTestDatabase(engine)
    const world = new JournalWorld(database)
    const ann = await world.user('ann')
    const bob = await world.user('bob')
    const group = await world.conversation([ann, bob])
    return {
      database,
      world,
      ann,
      bob,
      group,
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    }
  }

  const seqs = (world: JournalWorld, streamKey: number) =>
    world.committed.filter((event) => event.streamKey === streamKey).map((event) => event.seq)

  test('[JRN1] [JRN7] seqs start at 1 without a gap, and listeners get them in order', async () => {
    await using chat = await open()
    const { world, group } = chat
    const sends = Array.from({ length: 50 }, (_, i) =>
      world.send(group, i % 2 ? chat.ann : chat.bob),
    )
    const sent = await Promise.all(sends)
    expect(sent.map(({ event }) => event.seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(seqs(world, group.messageStreamKey)).toEqual(sent.map(({ event }) => event.seq))
    const stored = await world.journal.readAfter(group.messageStreamKey, 0, 100)
    expect(stored).toEqual(sent.map(({ event }) => event))
  })

  test('[JRN5] [JRN6] times grow strictly and every event has a tag of its own', async () => {
    await using chat = await open()
    const sent = await Promise.all(
      Array.from({ length: 40 }, () => chat.world.send(chat.group, chat.ann)),
    )
    const times = sent.map(({ event }) => event.ts)
    for (let i = 1; i < times.length; i++)
      expect(times[i]).toBeGreaterThan(times[i - 1] ?? Infinity)
    const now = await chat.database.now()
    expect(Math.abs(now - (times.at(-1) ?? 0))).toBeLessThan(60_000)
    const tags = sent.map(({ event }) => event.tag)
    expect(new Set(tags).size).toBe(tags.length)
    expect(tags.every((tag) => Number.isInteger(tag) && tag > 0 && tag <= 0xffff_ffff)).toBe(true)
  })

  test('[MSG2] a repeat answers the original and creates nothing, however often and however late', async () => {
    await using chat = await open()
    const { world, group, ann } = chat
    const first = await world.send(group, ann, { clientMessageId: 'k1' })
    const repeats = await Promise.all(
      Array.from({ length: 5 }, () => world.send(group, ann, { clientMessageId: 'k1' })),
    )
    for (const repeat of repeats) expect(repeat).toEqual({ event: first.event, duplicate: true })
    expect(seqs(world, group.messageStreamKey)).toEqual([1])
  })

  test('[MSG2] repeats inside one batch are one message', async () => {
    await using chat = await open()
    const { world, group, ann, bob } = chat
    const [a, b, other] = await Promise.all([
      world.send(group, ann, { clientMessageId: 'k' }),
      world.send(group, ann, { clientMessageId: 'k' }),
      world.send(group, bob, { clientMessageId: 'k' }),
    ])
    expect(b).toEqual({ event: a?.event, duplicate: true })
    expect(other?.duplicate).toBe(false)
    expect(seqs(world, group.messageStreamKey)).toEqual([1, 2])
  })

  test('[MSG2] the same clientMessageId with another body is a conflict, and means nothing to other conversations', async () => {
    await using chat = await open()
    const { world, group, ann, bob } = chat
    await world.send(group, ann, { clientMessageId: 'k' })
    const conflict = world.send(group, ann, { clientMessageId: 'k', payloadHash: 2 })
    await expect(conflict).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
    const second = await world.conversation([ann, bob])
    expect(await world.send(second, ann, { clientMessageId: 'k', payloadHash: 2 })).toMatchObject({
      duplicate: false,
    })
  })

  test('[MSG3] [JRN4] who is not a member is refused, and costs his neighbours in the batch nothing', async () => {
    await using chat = await open()
    const { world, group, ann } = chat
    const cat = await world.user('cat')
    const outcomes = await Promise.allSettled([
      world.send(group, ann),
      world.send(group, cat),
      world.send({ ...group, messageStreamKey: 999_999 }, ann),
      world.send(group, ann),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(isTidingsError(outcome.reason) && outcome.reason.code).toBe('NOT_FOUND')
    }
    expect(seqs(world, group.messageStreamKey)).toEqual([1, 2])
  })

  test('[MSG3] who has left is refused, but a repeat of his acknowledged send is answered', async () => {
    await using chat = await open()
    const { world, group, bob } = chat
    const sent = await world.send(group, bob, { clientMessageId: 'k' })
    await world.leave(group, bob)
    await expect(world.send(group, bob)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await world.send(group, bob, { clientMessageId: 'k' })).toEqual({
      event: sent.event,
      duplicate: true,
    })
  })

  test('[JRN4] [MSG5] an item that the database cannot take fails alone, but for what the same sender wants behind it', async () => {
    await using chat = await open()
    const { world, group, ann, bob } = chat
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const outcomes = await Promise.allSettled([
      world.send(group, ann),
      world.journal.sendMessage({ ...world.message(group, ann), body: circular as never }),
      world.send(group, bob),
      world.send(group, ann),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
    ])
    expect(outcomes[3]).toMatchObject({ reason: { code: 'UNAVAILABLE', retryable: true } })
    const stored = await world.journal.readAfter(group.messageStreamKey, 0, 10)
    expect(stored.map(({ seq }) => seq)).toEqual([1, 2])
    expect((await world.send(group, ann)).event.seq).toBe(3)
  })

  test('[JRN3] a transaction that fails gives its numbers back and tells nobody', async () => {
    await using chat = await open()
    const { world, group, ann } = chat
    await world.send(group, ann)
    const before = world.committed.length
    const failing = world.journal.transact(async (journal) => {
      await journal.lock([group.messageStreamKey])
      await journal.append({
        streamKey: group.messageStreamKey,
        type: 'group.updated',
        actor: ann,
        body: {},
      })
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(world.committed.length).toBe(before)
    expect((await world.send(group, ann)).event.seq).toBe(2)
  })

  test('[JRN2] appending to a stream that is not locked is refused', async () => {
    await using chat = await open()
    const { world, group, ann } = chat
    const unlocked = world.journal.transact((journal) =>
      journal.append({
        streamKey: group.messageStreamKey,
        type: 'group.updated',
        actor: ann,
        body: {},
      }),
    )
    await expect(unlocked).rejects.toThrow(/not locked/)
  })

  test('[JRN1] 200 senders at once, one in ten refused and one in ten repeated: no gap, no double', async () => {
    await using chat = await open()
    const { world, group, ann, bob } = chat
    const cat = await world.user('cat')
    const other = await world.conversation([ann, bob])
    const sends = Array.from({ length: 200 }, (_, i) => {
      const where = i % 3 === 0 ? other : group
      if (i % 10 === 0) return world.send(where, cat)
      if (i % 10 === 1) return world.send(group, ann, { clientMessageId: 'repeated' })
      return world.send(where, i % 2 ? ann : bob)
    })
    const outcomes = await Promise.allSettled(sends)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20)
    for (const { messageStreamKey } of [group, other]) {
      const stored = await world.journal.readAfter(messageStreamKey, 0, 1000)
      expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1))
      const ids = stored.map(({ clientMessageId, actorKey }) => `${actorKey}:${clientMessageId}`)
      expect(new Set(ids).size).toBe(ids.length)
      expect(seqs(world, messageStreamKey)).toEqual(stored.map(({ seq }) => seq))
    }
  })
})
