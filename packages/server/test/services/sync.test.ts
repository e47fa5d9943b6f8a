import { expect, test } from 'vitest'
import type { Since } from '@tidings/protocol/wire'
import { openJournal } from '../../src/journal/open.ts'
import { sinceOf } from '../support/pull.ts'
import { describeEngines } from '../support/databases.ts'
import { openMessageWorld } from './message-world.ts'

type World = Awaited<ReturnType<typeof openMessageWorld>>

function places(answer: Since): string[] {
  return answer.events.map(({ stream, seq }) => `${stream.slice(0, 1)}${seq}`)
}

async function sendMany(chat: World, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await chat.world.send(chat.group, chat.annUser)
}

describeEngines('sync.since', (engine) => {
  test('[JRN11] [JRN12] without anything it answers everything, in pages, and the cursor continues where it ended', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 7)
    const seen: string[] = []
    let cursor: string | undefined
    for (;;) {
      const page = await sinceOf(chat.deps, chat.bob, { cursor, limit: 3 })
      seen.push(...places(page))
      cursor = page.cursor
      if (!page.more) break
    }
    expect(seen).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'])
    await sendMany(chat, 2)
    const next = await sinceOf(chat.deps, chat.bob, { cursor })
    expect(places(next)).toEqual(['m8', 'm9'])
    expect(places(await sinceOf(chat.deps, chat.bob, { cursor: next.cursor }))).toEqual([])
  })

  test('[JRN11] a conversation begun since the cursor is answered whole', async () => {
    await using chat = await openMessageWorld(engine)
    const { cursor } = await sinceOf(chat.deps, chat.bob, {})
    const second = await chat.world.conversation([chat.annUser, chat.bobUser])
    await chat.world.send(second, chat.annUser)
    const next = await sinceOf(chat.deps, chat.bob, { cursor })
    expect(next.events.map(({ stream }) => stream)).toEqual([`m:${second.id}`])
  })

  test('[JRN11] [S2.6] every kind of timestamp is answered with at least what came after it', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 3)
    const now = await chat.database.now()
    const all = ['m1', 'm2', 'm3']
    const classes = [
      now,
      now + 1e9,
      1e20,
      0,
      -1,
      NaN,
      '',
      'now',
      null,
      undefined,
      {},
      [],
      Math.floor(now / 1000),
      String(now),
      '2026-01-01',
      true,
    ]
    for (const since of classes) {
      const answer = await sinceOf(chat.deps, chat.bob, { since })
      expect(places(answer), String(since)).toEqual(all)
      expect(answer.resets).toEqual([])
    }
  })

  test('[JRN11] a timestamp leaves out what is older than it by more than the margin', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 3)
    const { events } = chat.database.tables
    const { lte, sql } = await import('drizzle-orm')
    await chat.database.tx(async (tx) => {
      await tx
        .update(events)
        .set({ ts: sql`ts - 3600000` })
        .where(lte(events.seq, 2))
    })
    const now = await chat.database.now()
    expect(places(await sinceOf(chat.deps, chat.bob, { since: now }))).toEqual(['m3'])
    expect(places(await sinceOf(chat.deps, chat.bob, { since: now - 7_200_000 }))).toEqual([
      'm1',
      'm2',
      'm3',
    ])
  })

  test('[JRN12] a damaged cursor is INVALID_INPUT, one of another epoch resets and goes on', async () => {
    await using chat = await openMessageWorld(engine)
    await sendMany(chat, 2)
    for (const cursor of ['', 'x', '!!!', 'AAAA', 'e30']) {
      await expect(sinceOf(chat.deps, chat.bob, { cursor })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
    }
    const { cursor } = await sinceOf(chat.deps, chat.bob, {})
    const restored = openJournal({ database: chat.database, epoch: 8 })
    const deps = { ...chat.deps, journal: restored }
    const answer = await sinceOf(deps, chat.bob, { cursor })
    expect(answer.resets.map(({ reset }) => reset.reason)).toContain('epoch')
    const after = await sinceOf(deps, chat.bob, { cursor: answer.cursor })
    expect([after.resets, after.events, after.more]).toEqual([[], [], false])
  })

  test('[JRN12] a cursor over too many streams is CURSOR_TOO_LARGE', async () => {
    await using chat = await openMessageWorld(engine)
    const { streams, spans } = chat.database.tables
    await chat.database.tx(async (tx) => {
      const names = Array.from({ length: 2000 }, (_, i) => ({
        name: `m:00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
        head: 1,
        headTag: 4_000_000_000,
        lastTs: 1,
      }))
      const rows = await tx.insert(streams).values(names).returning({ key: streams.key })
      await tx
        .insert(spans)
        .values(rows.map(({ key }) => ({ streamKey: key, userKey: chat.bob.userKey, fromSeq: 1 })))
    })
    await expect(sinceOf(chat.deps, chat.bob, { since: Date.now() })).rejects.toMatchObject({
      code: 'CURSOR_TOO_LARGE',
    })
  })
})
