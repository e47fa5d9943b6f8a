import { eq } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { readEpoch } from '../../src/db/settings.ts'
import { openLive } from '../../src/realtime/live.ts'
import { pullOf } from '../support/pull.ts'
import { describeEngines } from '../support/databases.ts'
import type { JournalWorld, TestConversation, TestUser } from '../support/journal-world.ts'
import { type JournalNode, openJournalNode } from './support/journal-node.ts'
import { RecordingConnection } from './support/recording-connection.ts'

/** For a machine with much else to do, milliseconds. */
const PATIENCE = 20_000

/** ann, bob and cat. */
function people(world: JournalWorld): Promise<[TestUser, TestUser, TestUser]> {
  return Promise.all([world.user('ann'), world.user('bob'), world.user('cat')])
}

const connect = (node: JournalNode, user: TestUser) =>
  new RecordingConnection(user.key).register(node.realtime)

/** What a pull shows the user of the stream. */
async function pulled(node: JournalNode, user: TestUser, stream: string): Promise<number[]> {
  const { epoch } = node.world.journal
  const streams = [{ stream, after: 0, tag: 0 }]
  const answer = await pullOf(node.world.journal, user.key, { epoch, streams, limit: 1000 })
  const [found] = answer.streams
  return found !== undefined && 'events' in found ? found.events.map(({ seq }) => seq) : []
}

describeEngines('live delivery', (engine) => {
  test('[LIV1] messages, receipts and what concerns one user alone are pushed to whom they are for', async () => {
    await using node = await openJournalNode(engine)
    const { world } = node
    const [ann, bob, cat] = await people(world)
    const talk = await world.conversation([ann, bob])
    const here = [ann, bob, cat].map((user) => connect(node, user))
    await world.send(talk, ann)
    await world.journal.transact(async (journal) => {
      const body = { conversationId: talk.id, receipts: [] }
      await journal.lock([talk.receiptStreamKey, bob.streamKey])
      const place = { actor: null, type: 'receipt.updated', body } as const
      await journal.append({ ...place, streamKey: talk.receiptStreamKey })
      const mark = { conversationId: talk.id, readSeq: 1 }
      await journal.append({
        streamKey: bob.streamKey,
        type: 'mark.updated',
        actor: null,
        body: mark,
      })
    })
    await vi.waitFor(() => {
      const types = here.map(({ events }) => events.map(({ type }) => type).toSorted())
      const both = ['message.created', 'receipt.updated']
      expect(types).toEqual([both, ['mark.updated', ...both], []])
    }, PATIENCE)
    expect(here[0]?.events.find(({ type }) => type === 'message.created')).toMatchObject({
      stream: `m:${talk.id}`,
      seq: 1,
      body: { message: { senderId: ann.id, body: { kind: 'text', text: 'hi' } } },
    })
  })

  test('[LIV1] [LIV2] while some send and others come and go, everybody gets what a pull would show him, in order', async () => {
    await using node = await openJournalNode(engine)
    const { world } = node
    const [ann, bob] = await people(world)
    const movers = await Promise.all(['dan', 'eve', 'fay', 'gus'].map((name) => world.user(name)))
    const users = [ann, bob, ...movers]
    const talk = await world.conversation([ann, bob])
    const here = users.map((user) => connect(node, user))
    const sending = [ann, bob].map((user) => sendMany(world, talk, user))
    const moving = movers.map((user) => comeAndGo(world, talk, user))
    await Promise.all([...sending, ...moving])
    const stream = `m:${talk.id}`
    const expected = await Promise.all(users.map((user) => pulled(node, user, stream)))
    await vi.waitFor(() => {
      expect(here.map((connection) => connection.seqs(stream))).toEqual(expected)
    }, PATIENCE)
    expect(expected[0]).toHaveLength(2 * 30 + 4 * 6)
  })

  test('[LIV3] a subscription’s watermark is the database’s clock, its epoch the database’s', async () => {
    await using node = await openJournalNode(engine)
    const { database, realtime, world } = node
    const ann = await world.user('ann')
    const before = await database.now()
    const live = openLive(
      { database, realtime, journal: world.journal },
      { userKey: ann.key, sessionKey: 1 },
      { transport: null, signal: undefined },
    )
    const { value } = await live.next()
    const [ready] = value ?? []
    expect(ready).toMatchObject({ kind: 'ready', epoch: await readEpoch(database) })
    const watermark = ready?.kind === 'ready' ? ready.watermark : 0
    expect(watermark).toBeGreaterThanOrEqual(before)
    expect(watermark).toBeLessThanOrEqual(await database.now())
    await live.return()
  })

  test('[LIV5] a head check finds the streams of its users that moved, also those just left, and no others', async () => {
    await using node = await openJournalNode(engine)
    const { world, source } = node
    const [ann, bob, cat] = await people(world)
    const talk = await world.conversation([ann, bob])
    const other = await world.conversation([cat])
    await world.send(talk, ann)
    await world.send(other, cat)
    const { now, epoch } = await source.readClock()
    expect(epoch).toBe(world.journal.epoch)
    const since = now - 10_000
    const moved = (user: TestUser) => source.findMoved([user.key], since)
    expect(await moved(bob)).toEqual([[talk.messageStreamKey, 1]])
    await world.leave(talk, bob)
    expect(await moved(bob)).toEqual([[talk.messageStreamKey, 2]])
    expect(await source.findMoved([ann.key, bob.key], since)).toEqual([[talk.messageStreamKey, 2]])
    expect(await source.findMoved([ann.key, bob.key], now + 60_000)).toEqual([])
    expect(await source.findMoved([], since)).toEqual([])
  })

  test('[LIV5] the newest rows of a stream are its last ones, in order; a stream that is not there has none', async () => {
    await using node = await openJournalNode(engine)
    const { world, source } = node
    const ann = await world.user('ann')
    const talk = await world.conversation([ann])
    for (let count = 0; count < 5; count += 1) await world.send(talk, ann)
    const rows = await source.readNewest(talk.messageStreamKey, 3)
    expect(rows.map(({ seq }) => seq)).toEqual([3, 4, 5])
    expect(await source.readNewest(999_999, 3)).toEqual([])
  })

  test('[LIV8] [SES8] sessions have ended when revoked, expired, gone, or when their user is suspended', async () => {
    await using node = await openJournalNode(engine)
    const { database, source, world } = node
    const { sessions, users } = database.tables
    const [ann, bob] = await people(world)
    const now = await database.now()
    const session = (user: TestUser, fields: { revokedAt?: number; expiresAt?: number }) => ({
      id: crypto.randomUUID(),
      userKey: user.key,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: now + 60_000,
      ...fields,
    })
    const keys = await database.tx(async (tx) => {
      const rows = await tx
        .insert(sessions)
        .values([
          session(ann, {}),
          session(ann, { revokedAt: now }),
          session(ann, { expiresAt: now - 1 }),
          session(bob, {}),
        ])
        .returning({ key: sessions.key })
      return rows.map(({ key }) => key)
    })
    const [alive, revoked, expired, ofBob] = keys
    const ended = async () => new Set(await source.findEnded([...keys, 999_999]))
    expect(await ended()).toEqual(new Set([revoked, expired, 999_999]))
    const day = 24 * 60 * 60 * 1000
    await database.tx(async (tx) => {
      await tx
        .update(sessions)
        .set({ createdAt: now - 80 * day, lastSeenAt: now - day })
        .where(eq(sessions.key, alive ?? 0))
      await tx
        .update(sessions)
        .set({ lastSeenAt: now - day })
        .where(eq(sessions.key, ofBob ?? 0))
    })
    await source.touch([alive ?? 0, ofBob ?? 0])
    const ends = await database.read
      .select({ key: sessions.key, expiresAt: sessions.expiresAt, seen: sessions.lastSeenAt })
      .from(sessions)
    const endOf = (key: number | undefined) => ends.find((row) => row.key === key)
    expect(endOf(alive)?.expiresAt).toBe(now + 10 * day)
    expect(endOf(ofBob)?.expiresAt).toBe((endOf(ofBob)?.seen ?? 0) + 30 * day)
    await database.tx(async (tx) => {
      await tx.update(users).set({ suspendedAt: now })
    })
    expect(await ended()).toEqual(new Set([alive, revoked, expired, ofBob, 999_999]))
  })
})

async function sendMany(
  world: JournalWorld,
  talk: TestConversation,
  user: TestUser,
): Promise<void> {
  for (let count = 0; count < 30; count += 1) await world.send(talk, user)
}

async function comeAndGo(
  world: JournalWorld,
  talk: TestConversation,
  user: TestUser,
): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await world.join(talk, user)
    await world.leave(talk, user)
  }
}
