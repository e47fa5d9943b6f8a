import { randomUUID } from 'node:crypto'
import { eq, gte, lte, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { encodeCursor } from '@tidings/protocol/sync'
import type { Actor } from '../../src/services/actor.ts'
import { devicePositions } from '../../src/services/device-cursor.ts'
import type { Deps } from '../../src/services/deps.ts'
import { sinceOf } from '../support/pull.ts'
import { describeEngines } from '../support/databases.ts'
import { openMessageWorld } from './message-world.ts'

type World = Awaited<ReturnType<typeof openMessageWorld>>

const HOUR_MS = 3_600_000

/** As if everything so far had happened an hour earlier. */
async function anHourPasses({ database }: World): Promise<void> {
  const { events, spans, streams } = database.tables
  await database.tx(async (tx) => {
    await tx.update(events).set({ ts: sql`ts - ${HOUR_MS}` })
    await tx
      .update(streams)
      .set({ lastTs: sql`last_ts - ${HOUR_MS}` })
      .where(gte(streams.lastTs, HOUR_MS))
    await tx.update(spans).set({ endedTs: sql`ended_ts - ${HOUR_MS}` })
  })
}

async function sendMany(chat: World, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await chat.world.send(chat.group, chat.annUser)
}

/** The world's dependencies; after so many answers of `heads` a first message is sent. */
function withSendAfter(chat: World, answers: number): Deps {
  let asked = 0
  const journal: Deps['journal'] = {
    ...chat.deps.journal,
    async heads(...asking) {
      const heads = await chat.deps.journal.heads(...asking)
      asked += 1
      if (asked === answers) await sendMany(chat, 1)
      return heads
    },
  }
  return { ...chat.deps, journal }
}

/** bob, by a session that begins now. */
async function withSession({ database, bob }: World): Promise<Actor> {
  const { sessions } = database.tables
  const now = await database.now()
  const times = { createdAt: now, lastSeenAt: now, expiresAt: now + HOUR_MS }
  const row = { id: randomUUID(), userKey: bob.userKey, ...times }
  const [session] = await database.tx((tx) => tx.insert(sessions).values(row).returning())
  return { ...bob, sessionKey: session?.key ?? 0, sessionId: row.id }
}

describeEngines('sync.since, what it starts from', (engine) => {
  test.each([1, 2, 3])(
    '[NUM11] [JRN11] a message that comes while it is looked up where to start is after the start (look %i)',
    async (answers) => {
      await using chat = await openMessageWorld(engine)
      const deps = withSendAfter(chat, answers)
      const stream = `m:${chat.group.id}`
      const now = await chat.database.now()
      const positions = await devicePositions(deps, await withSession(chat), now)
      expect(positions.get(stream)?.seq ?? 0).toBe(0)
      await using other = await openMessageWorld(engine)
      const first = await sinceOf(withSendAfter(other, answers), other.bob, { since: now })
      const next = await sinceOf(other.deps, other.bob, { cursor: first.cursor })
      expect([...first.events, ...next.events]).toHaveLength(1)
    },
  )

  test('[JRN11] a time after one has left a conversation does not lie beyond its end', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 1)
    await chat.world.leave(chat.group, chat.bobUser)
    await sendMany(chat, 3)
    await anHourPasses(chat)
    const now = await chat.database.now()
    const first = await sinceOf(chat.deps, chat.bob, { since: now - HOUR_MS + 70_000 })
    expect(first.resets).toEqual([])
    const next = await sinceOf(chat.deps, chat.bob, { cursor: first.cursor })
    expect([next.events, next.resets]).toEqual([[], []])
    expect(chat.world.future).toEqual([])
  })

  test('[JRN12] a cursor from before the database was put back is reset, also where nothing has happened since', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 3)
    await anHourPasses(chat)
    const { cursor } = await sinceOf(chat.deps, chat.bob, {})
    const { events, streams } = chat.database.tables
    await chat.database.tx(async (tx) => {
      const [kept] = await tx.select({ tag: events.tag }).from(events).where(eq(events.seq, 2))
      await tx.delete(events).where(gte(events.seq, 3))
      await tx
        .update(streams)
        .set({ head: 2, headTag: kept?.tag ?? 0 })
        .where(eq(streams.key, chat.group.messageStreamKey))
    })
    const answer = await sinceOf(chat.deps, chat.bob, { cursor })
    expect(answer.resets.map(({ reset }) => [reset.reason, reset.head])).toEqual([['future', 2]])
    expect(chat.world.future).toEqual([3])
  })

  test('[JRN12] a stream that is not the asker’s is answered as gone and forgotten, and a name that is none is damage', async () => {
    await using chat = await openMessageWorld(engine)
    const stream = `m:${chat.group.id}`
    const cursorOf = (name: string) => {
      const encoded = encodeCursor({
        mark: undefined,
        positions: new Map([[name, { seq: 1, tag: 1 }]]),
      })
      return encoded.ok ? encoded.cursor : ''
    }
    const answer = await sinceOf(chat.deps, chat.cat, { cursor: cursorOf(stream) })
    expect(answer.resets.map(({ stream: name, reset }) => [name, reset.reason])).toEqual([
      [stream, 'gone'],
    ])
    const next = await sinceOf(chat.deps, chat.cat, { cursor: answer.cursor })
    expect(next.resets).toEqual([])
    await expect(
      sinceOf(chat.deps, chat.cat, { cursor: cursorOf('nonsense') }),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
  })

  test('[JRN11] the place of a time is found among many events', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 9)
    const { events } = chat.database.tables
    await chat.database.tx(async (tx) => {
      await tx.update(events).set({ ts: sql`1000 * seq` })
    })
    const { journal } = chat.world
    const stream = `m:${chat.group.id}`
    const found = []
    for (const ts of [0, 999, 1000, 1001, 4500, 8999, 9000, 9001, 1e15]) {
      found.push((await journal.placesAt([stream], ts)).get(stream)?.seq ?? 0)
    }
    expect(found).toEqual([0, 0, 1, 1, 4, 8, 9, 9, 9])
    await chat.database.tx(async (tx) => {
      await tx.delete(events).where(lte(events.seq, 4))
      await tx
        .update(chat.database.tables.streams)
        .set({ floor: 4 })
        .where(eq(chat.database.tables.streams.key, chat.group.messageStreamKey))
    })
    expect((await journal.placesAt([stream], 4500)).size).toBe(0)
    expect((await journal.placesAt([stream], 5500)).get(stream)?.seq).toBe(5)
    const unknown = `m:${chat.group.id.replaceAll(/./g, '0')}`
    const many = await journal.placesAt([unknown, stream, `r:${chat.group.id}`], 5500)
    expect([...many].map(([name, { seq }]) => [name, seq])).toEqual([[stream, 5]])
  })
})
