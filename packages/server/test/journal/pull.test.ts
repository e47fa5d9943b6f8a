import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Event, Pull, PulledStream, StreamReset } from '@tidings/protocol/wire'
import { pullOf } from '../support/pull.ts'
import { describeEngines, openTestDatabase } from '../support/databases.ts'
import { runsOf } from '../support/runs.ts'
import { JournalWorld, type TestConversation, type TestUser } from '../support/journal-world.ts'

const EPOCH = 7

function only(pull: Pull): PulledStream | StreamReset {
  const [stream] = pull.streams
  if (stream === undefined || pull.streams.length !== 1) throw new Error('one stream was asked for')
  return stream
}

function events(pull: Pull): readonly Event[] {
  const stream = only(pull)
  if ('reset' in stream) throw new Error(`reset: ${stream.reset.reason}`)
  return stream.events
}

describeEngines('heads and pull', (engine) => {
  async function open() {
    const database = await openTestDatabase(engine)
    const world = new JournalWorld(database, EPOCH)
    const ann = await world.user('ann')
    const bob = await world.user('bob')
    const group = await world.conversation([ann, bob])
    const stream = `m:${group.id}`
    const pull = (user: TestUser, after: number, tag: number, limit = 500) =>
      pullOf(world.journal, user.key, { epoch: EPOCH, limit, streams: [{ stream, after, tag }] })
    return {
      database,
      world,
      ann,
      bob,
      group,
      stream,
      pull,
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    }
  }

  async function sendMany(
    world: JournalWorld,
    group: TestConversation,
    from: TestUser,
    count: number,
  ) {
    const sent = await Promise.all(Array.from({ length: count }, () => world.send(group, from)))
    return sent.map(({ event }) => event)
  }

  test('[JRN9] a pull answers everything after the position, in pages that say that there is more', async () => {
    await using chat = await open()
    const { world, group, ann, bob, stream } = chat
    const sent = await sendMany(world, group, ann, 25)
    const seen: Event[] = []
    let place = { seq: 0, tag: 0 }
    for (let page = 0; page < 10; page++) {
      const answer = only(await chat.pull(bob, place.seq, place.tag, 10))
      if ('reset' in answer) throw new Error('reset')
      seen.push(...answer.events)
      place = answer.upTo
      if (!answer.more) break
    }
    expect(seen.map(({ seq }) => seq)).toEqual(sent.map(({ seq }) => seq))
    expect(seen[0]).toEqual({
      stream,
      seq: 1,
      tag: sent[0]?.tag,
      timestamp: sent[0]?.ts,
      type: 'message.created',
      body: {
        message: {
          id: sent[0]?.messageId,
          conversationId: group.id,
          seq: 1,
          senderId: ann.id,
          clientMessageId: sent[0]?.clientMessageId,
          body: { kind: 'text', text: 'hi' },
          createdAt: sent[0]?.ts,
          editedAt: null,
        },
      },
    })
    expect(place).toEqual({ seq: 25, tag: sent.at(-1)?.tag })
    expect(events(await chat.pull(bob, 25, place.tag))).toEqual([])
  })

  test('[JRN9] a budget spent on one stream leaves the next at its position, with more to come', async () => {
    await using chat = await open()
    const { world, group, ann, stream } = chat
    const second = await world.conversation([ann])
    await sendMany(world, group, ann, 5)
    await sendMany(world, second, ann, 5)
    const streams = [stream, `m:${second.id}`].map((name) => ({ stream: name, after: 0, tag: 0 }))
    const answer = await pullOf(world.journal, ann.key, { epoch: EPOCH, streams, limit: 5 })
    expect(answer.streams).toMatchObject([
      { more: false, upTo: { seq: 5 } },
      { more: true, events: [], upTo: { seq: 0, tag: 0 } },
    ])
  })

  test('[JRN15] a long stream does not keep those waiting that fit beside it', async () => {
    await using chat = await open()
    const { world, group, ann, stream } = chat
    const [second, third] = [await world.conversation([ann]), await world.conversation([ann])]
    await sendMany(world, group, ann, 9)
    await sendMany(world, second, ann, 2)
    const names = [stream, `m:${third.id}`, `m:${second.id}`]
    const streams = names.map((name) => ({ stream: name, after: 0, tag: 0 }))
    const answer = await pullOf(world.journal, ann.key, { epoch: EPOCH, streams, limit: 5 })
    expect(answer.streams).toMatchObject([
      { stream, more: true, upTo: { seq: 3 }, events: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] },
      { stream: names[1], more: false, upTo: { seq: 0 }, events: [] },
      { stream: names[2], more: false, upTo: { seq: 2 }, events: [{ seq: 1 }, { seq: 2 }] },
    ])
  })

  test('[JRN9] [JRN6] a position that cannot be continued is a reset with its reason', async () => {
    await using chat = await open()
    const { world, group, ann, bob, stream } = chat
    const sent = await sendMany(world, group, ann, 5)
    const tag = sent[4]?.tag ?? 0
    const reason = (pull: Pull) => {
      const answer = only(pull)
      return 'reset' in answer ? answer.reset : undefined
    }
    const head = { head: 5, tag, floor: 0 }
    expect(reason(await chat.pull(bob, 3, 12_345))).toEqual({ reason: 'tag', ...head })
    expect(reason(await chat.pull(bob, 9, 1))).toEqual({ reason: 'future', ...head })
    expect(world.future).toEqual([9])
    const old = await pullOf(world.journal, bob.key, {
      epoch: 6,
      streams: [{ stream, after: 3, tag: 1 }],
    })
    expect(reason(old)).toEqual({ reason: 'epoch', ...head })
    const cat = await world.user('cat')
    expect(reason(await chat.pull(cat, 0, 0))).toMatchObject({ reason: 'gone', head: 0 })
    const nowhere = await pullOf(world.journal, bob.key, {
      epoch: EPOCH,
      streams: [{ stream: 'm:00000000-0000-0000-0000-000000000000', after: 0, tag: 0 }],
    })
    expect(reason(nowhere)).toMatchObject({ reason: 'gone' })
  })

  test('[JRN9] below the retention floor a position is reset; at the floor it goes on', async () => {
    await using chat = await open()
    const { world, group, ann, bob } = chat
    await sendMany(world, group, ann, 5)
    await world.journal.trim(group.messageStreamKey, 3)
    expect(only(await chat.pull(bob, 2, 1))).toMatchObject({
      reset: { reason: 'floor', floor: 3, head: 5 },
    })
    expect(only(await chat.pull(bob, 0, 0))).toMatchObject({ reset: { reason: 'floor' } })
    expect(events(await chat.pull(bob, 3, 0)).map(({ seq }) => seq)).toEqual([4, 5])
  })

  test('[JRN13] events forgotten while a client catches up: he is reset or has them all, never with a hole', async () => {
    await using chat = await open()
    const { world, group, ann, bob, stream } = chat
    await sendMany(world, group, ann, 60)
    const trimming = (async () => {
      for (let upTo = 1; upTo <= 50; upTo++) await world.journal.trim(group.messageStreamKey, upTo)
    })()
    let place = { seq: 0, tag: 0 }
    let resets = 0
    while (place.seq < 60) {
      const answer = only(
        await pullOf(world.journal, bob.key, {
          epoch: EPOCH,
          limit: 3,
          streams: [{ stream, after: place.seq, tag: place.tag }],
        }),
      )
      if ('reset' in answer) {
        expect(answer.reset.reason).toBe('floor')
        resets += 1
        place = { seq: answer.reset.head, tag: answer.reset.tag }
        continue
      }
      for (const event of answer.events) {
        expect(event.seq).toBe(place.seq + 1)
        place = { seq: event.seq, tag: event.tag }
      }
    }
    await trimming
    expect(resets).toBeLessThanOrEqual(1)
    await world.journal.trim(group.messageStreamKey, 1000)
    expect(await world.journal.readAfter(group.messageStreamKey, 0, 10)).toEqual([])
    expect((await world.send(group, ann)).event.seq).toBe(61)
    expect(events(await chat.pull(bob, 60, 0)).map(({ seq }) => seq)).toEqual([61])
  })

  test('[JRN13] a floor above what one has left behind does not reset: nothing that he could see is missing', async () => {
    await using chat = await open()
    const { world, group, ann, bob } = chat
    await sendMany(world, group, ann, 2)
    const left = await world.leave(group, bob)
    await sendMany(world, group, ann, 5)
    await world.join(group, bob)
    await sendMany(world, group, ann, 2)
    await world.journal.trim(group.messageStreamKey, 8)
    expect(events(await chat.pull(bob, left.seq, left.tag)).map(({ seq }) => seq)).toEqual([10, 11])
  })

  test('[JRN8] a leaver sees his own leaving and nothing after; coming back he sees what follows', async () => {
    await using chat = await open()
    const { world, group, ann, bob, stream } = chat
    await sendMany(world, group, ann, 2)
    const left = await world.leave(group, bob)
    await sendMany(world, group, ann, 3)
    expect(events(await chat.pull(bob, 0, 0)).map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(only(await chat.pull(bob, 0, 0))).toMatchObject({
      upTo: { seq: 3, tag: left.tag },
      more: false,
    })
    const heads = await world.journal.heads(bob.key, {})
    expect(heads.heads.find((head) => head.stream === stream)).toEqual({
      stream,
      head: 3,
      tag: left.tag,
      floor: 0,
    })
    await world.join(group, bob)
    await sendMany(world, group, ann, 2)
    expect(events(await chat.pull(bob, 0, 0)).map(({ seq }) => seq)).toEqual([1, 2, 3, 8, 9])
    expect(events(await chat.pull(bob, 3, left.tag)).map(({ seq }) => seq)).toEqual([8, 9])
    expect(events(await chat.pull(bob, 0, 0, 4)).map(({ seq }) => seq)).toEqual([1, 2, 3, 8])
    expect(
      (await world.journal.heads(bob.key, {})).heads.find((head) => head.stream === stream)?.head,
    ).toBe(9)
  })

  test('[JRN10] heads changed since a watermark leave out what rested, and look back 60 seconds', async () => {
    await using chat = await open()
    const { world, group, ann, bob, stream, database } = chat
    await sendMany(world, group, ann, 1)
    const { heads, watermark } = await world.journal.heads(bob.key, {})
    expect(heads.map((head) => head.stream)).toEqual([`u:${bob.id}`, stream, `r:${group.id}`])
    const changed = async (changedSince: number) =>
      (await world.journal.heads(bob.key, { changedSince })).heads.map((head) => head.stream)
    expect(await changed(watermark + 59_000)).toEqual([stream])
    expect(await changed(watermark + 61_000)).toEqual([])
    expect(watermark).toBeLessThanOrEqual(await database.now())
  })

  test('[JRN8] heads are paged by stream and complete', async () => {
    await using chat = await open()
    const { world, ann } = chat
    for (let i = 0; i < 6; i++) await world.conversation([ann])
    const all = (await world.journal.heads(ann.key, {})).heads
    const paged: unknown[] = []
    let after: string | null | undefined
    do {
      const page = await world.journal.heads(ann.key, { limit: 4, after: after ?? undefined })
      paged.push(...page.heads)
      after = page.next
    } while (after !== null)
    expect(paged).toEqual(all)
    expect(all).toHaveLength(15)
  })

  test('[JRN8] [JRN9] whatever is sent, left and joined, pulls in pages of any size show exactly the spans', async () => {
    await using chat = await open()
    const { world, ann, bob } = chat
    const step = fc.constantFrom('send', 'send', 'send', 'leave', 'join')
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 14 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, limit) => {
          const group = await world.conversation([ann, bob])
          const visible: number[] = []
          let inside = true
          for (const action of steps) {
            if (action === 'send') {
              const { event } = await world.send(group, ann)
              if (inside) visible.push(event.seq)
            } else if (action === 'leave' && inside) {
              visible.push((await world.leave(group, bob)).seq)
              inside = false
            } else if (action === 'join' && !inside) {
              await world.join(group, bob)
              inside = true
            }
          }
          const seen: number[] = []
          let place = { seq: 0, tag: 0 }
          for (;;) {
            const streams = [{ stream: `m:${group.id}`, after: place.seq, tag: place.tag }]
            const answer = only(
              await pullOf(world.journal, bob.key, { epoch: EPOCH, streams, limit }),
            )
            if ('reset' in answer) throw new Error(`reset ${answer.reset.reason}`)
            seen.push(...answer.events.map(({ seq }) => seq))
            place = answer.upTo
            if (!answer.more) break
          }
          expect(seen).toEqual(visible)
        },
      ),
      { numRuns: runsOf({ everyDay: 15, long: engine === 'sqlite' ? 60 : 25 }) },
    )
  })

  test('[JRN9] a stream named twice is answered for each of the positions', async () => {
    await using chat = await open()
    const { world, group, ann, bob, stream } = chat
    const sent = await sendMany(world, group, ann, 3)
    const at = (index: number) => ({
      stream,
      after: sent[index]?.seq ?? 0,
      tag: sent[index]?.tag ?? 0,
    })
    const answer = await pullOf(world.journal, bob.key, { epoch: EPOCH, streams: [at(0), at(1)] })
    expect(
      answer.streams.map((one) => 'events' in one && one.events.map(({ seq }) => seq)),
    ).toEqual([[2, 3], [3]])
  })

  test.for([
    { of: 'characters that JSON writes with six bytes', large: 64, text: '\u0001'.repeat(16_000) },
    { of: 'large messages before small ones', large: 66, text: 'x'.repeat(15_900) },
  ])('[JRN9] it is as large as it may be, and no larger: $of', async ({ large, text }) => {
    await using chat = await open()
    const { world, group, ann, bob, stream } = chat
    for (let at = 0; at < large; at += 1) await world.send(group, ann, { text })
    await Promise.all(Array.from({ length: 300 }, () => world.send(group, ann, { text: 'small' })))
    const ask = { epoch: EPOCH, streams: [{ stream, after: 0, tag: 0 }], limit: 1000 }
    const pull = await pullOf(world.journal, bob.key, ask)
    const [answer] = pull.streams
    if (answer === undefined || 'reset' in answer) throw new Error('reset')
    const bodies = answer.events.map(({ body }) =>
      JSON.stringify('message' in body ? body.message.body : body),
    )
    const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
    expect(bytes).toBeLessThanOrEqual(1024 * 1024)
    expect(bytes + (bodies[0]?.length ?? 0)).toBeGreaterThan(1024 * 1024)
    expect(answer.more).toBe(true)
  })

  test('[JRN9] an answer is bounded in size too, and says that there is more', async () => {
    await using chat = await open()
    const { world, group, ann, bob, stream } = chat
    const text = 'x'.repeat(16 * 1024)
    await Promise.all(Array.from({ length: 200 }, () => world.send(group, ann, { text })))
    const seen: number[] = []
    let place = { seq: 0, tag: 0 }
    for (let page = 0; page < 10; page++) {
      const streams = [
        { stream, after: place.seq, tag: place.tag },
        { stream: `r:${group.id}`, after: 0, tag: 0 },
      ]
      const pull = await pullOf(world.journal, bob.key, { epoch: EPOCH, streams, limit: 1000 })
      expect(JSON.stringify(pull).length).toBeLessThan(1.2 * 1024 * 1024)
      const [answer, receipts] = pull.streams
      if (answer === undefined || 'reset' in answer) throw new Error('reset')
      expect(receipts).toMatchObject({ events: [], more: false })
      seen.push(...answer.events.map(({ seq }) => seq))
      place = answer.upTo
      if (!answer.more) break
    }
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  })

  test("[JRN8] where a page of heads begins does not tell whether somebody else's stream exists", async () => {
    await using chat = await open()
    const { world, bob } = chat
    const cat = await world.user('cat')
    const foreign = await world.conversation([cat])
    const listed = async (after: string) =>
      (await world.journal.heads(bob.key, { after })).heads.length
    expect(await listed(`m:${foreign.id}`)).toBe(await listed(`m:${crypto.randomUUID()}`))
  })
})
