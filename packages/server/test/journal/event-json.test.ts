import { expandPull, type CompactPull } from '@tidings/protocol/wire'
import { and, eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { storedOf, toEvent } from '../../src/journal/event.ts'
import { insertEvents, listEvents, type NewEventRow } from '../../src/stores/event.ts'
import { readEventsJson } from '../../src/stores/event-json.ts'
import { EVENT_TYPES } from '../../src/stores/event-type.ts'
import { describeEngines, openTestDatabase } from '../support/databases.ts'
import { JournalWorld } from '../support/journal-world.ts'

const VISIBLE_ASCII = Array.from({ length: 0x7e - 0x20 }, (_, at) => String.fromCharCode(0x21 + at))

/** Texts that JSON or SQL could stumble over. */
const TEXTS = [
  '',
  `quotes " ' and \\ backslashes \\" % %s {} [] || $1 :name ?`,
  'control \u0001 \n \t \u007f \u2028 \u2029',
  'astral \u{1f600} and accents é ü ß 漢字',
  ...['"', '\\', '\\\\"', '\ud7ff', '\ufffd'],
]

describeEngines('events as JSON', (engine) => {
  async function open() {
    const database = await openTestDatabase(engine)
    const world = new JournalWorld(database)
    const ann = await world.user('ann')
    const group = await world.conversation([ann])
    const streamKey = group.messageStreamKey
    const stream = `m:${group.id}`
    const insert = (rows: readonly NewEventRow[]) =>
      database.tx((tx) => insertEvents(database, tx, rows))
    const row = (seq: number, more: Partial<NewEventRow>): NewEventRow => ({
      ...{ streamKey, seq, ts: 1_700_000_000_000 + seq, type: 20, tag: 0xffff_ffff - seq },
      ...{ actorKey: ann.key, messageId: null, clientMessageId: null, payloadHash: null },
      body: {},
      ...more,
    })
    const read = (upTo: number, compact = false) =>
      readEventsJson(database, database.read, { streamKey, stream, after: 0, upTo, compact })
    /** Rows for messages, made whole again. */
    async function expanded(upTo: number): Promise<unknown> {
      const { json } = await read(upTo, true)
      const text = `{"epoch":1,"streams":[{"stream":"${stream}","events":[${json}]}]}`
      const { streams } = expandPull(JSON.parse(text) as CompactPull)
      return streams[0] !== undefined && 'events' in streams[0] ? streams[0].events : undefined
    }
    return {
      ...{ database, ann, group, streamKey, stream, insert, row, read, expanded },
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    }
  }

  test('[JRN15] [JRN16] the database writes a message as it is written everywhere else, to the letter, and as a row', async () => {
    await using chat = await open()
    const { database, ann, streamKey, group, insert, row, read, expanded } = chat
    const bodies = [
      ...TEXTS.map((text) => ({ kind: 'text', text })),
      ...TEXTS.map((text) => ({ kind: 'app.poll', data: { [text]: [text, 1.5e300, -0.1, null] } })),
      { kind: 'deleted' },
      ...TEXTS.map((text) => ({
        body: { kind: 'text', text },
        replyTo: { messageId: crypto.randomUUID(), seq: 1, senderId: ann.id },
        mentions: [ann.id],
      })),
      { body: { kind: 'app.body', data: { body: {} } }, mentions: [ann.id, group.id] },
      { kind: 'image', url: 'https://a.test/{}', width: 1, height: 2 },
      { kind: 'app.deep', data: [[], {}, [[[{ 'a b': true }]]], 'x'.repeat(9000)] },
    ]
    const ids = [
      null,
      ...VISIBLE_ASCII.map((char) => `a${char}z${char}`),
      VISIBLE_ASCII.join('').slice(0, 64),
    ]
    const count = bodies.length * 5
    await insert(
      Array.from({ length: count }, (_, index) =>
        row(index + 1, {
          messageId: crypto.randomUUID(),
          clientMessageId: ids[index] ?? null,
          body: bodies[index % bodies.length],
        }),
      ),
    )
    const { events } = database.tables
    const isThird = and(eq(events.streamKey, streamKey), sql`${events.seq} % 3 = 0`)
    await database.tx((tx) => tx.update(events).set({ editedAt: 1_700_000_000_123 }).where(isThird))
    const range = { streamKey, after: 0, upTo: count, limit: count }
    const rows = await listEvents(database, database.read, range)
    const { json, ...rest } = await read(count)
    expect(rest).toEqual({ count, edits: 0, lastTag: 0xffff_ffff - count })
    const written = JSON.stringify(rows.map((one) => toEvent(storedOf(one))))
    expect(`[${json}]`).toBe(written)
    expect(JSON.stringify(await expanded(count))).toBe(written)
    const parsed: unknown = JSON.parse(`[${json}]`)
    expect(parsed).toHaveProperty('0.body.message.conversationId', group.id)
  })

  test('[JRN15] [JRN16] so it does every other event, which is the same among rows', async () => {
    await using chat = await open()
    const { database, streamKey, insert, row, read, expanded } = chat
    const others = EVENT_TYPES.filter(([type]) => type !== 'message.created')
    await insert(
      others.map(([type, number], index) =>
        row(index + 1, {
          type: number,
          actorKey: null,
          body: { of: type, texts: TEXTS, numbers: [0, 1e21, 1e-7], nested: { deep: [null] } },
        }),
      ),
    )
    const range = { streamKey, after: 0, upTo: others.length, limit: 100 }
    const rows = await listEvents(database, database.read, range)
    const { json, edits, count } = await read(others.length)
    expect([edits, count]).toEqual([2, others.length])
    expect(`[${json}]`).toBe(JSON.stringify(rows.map((one) => toEvent(storedOf(one)))))
    expect(JSON.stringify(await expanded(others.length))).toBe(`[${json}]`)
  })

  test('[JRN15] what is not there is counted, and what cannot be read fails the whole', async () => {
    await using chat = await open()
    const { insert, row, read } = chat
    const messageId = crypto.randomUUID()
    await insert([row(2, { messageId, body: { kind: 'text', text: 'hi' } })])
    expect(await read(3)).toMatchObject({ count: 1, lastTag: 0 })
    expect(await read(1)).toEqual({ json: '', count: 0, edits: 0, lastTag: 0 })
    await insert([row(3, { body: { kind: 'text', text: 'a message without an id' } })])
    await expect(read(3)).rejects.toThrow('cannot read')
    await expect(read(3, true)).rejects.toThrow('cannot read')
    await insert([row(4, { type: 999 })])
    await expect(read(4)).rejects.toThrow('cannot read')
  })
})
