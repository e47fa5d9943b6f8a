import { expect, test } from 'vitest'
import { describeEngines, openTestDatabase } from '../support/databases.ts'
import { JournalWorld } from '../support/journal-world.ts'

describeEngines('a user with 10,000 conversations', (engine) => {
  test('[JRN10] reconnects with a few kB: only what moved since his watermark is listed', async () => {
    await using database = await openTestDatabase(engine)
    const world = new JournalWorld(database)
    const ann = await world.user('ann')
    const { streams, spans } = database.tables
    await database.tx(async (tx) => {
      for (let start = 0; start < 10_000; start += 1000) {
        const names = Array.from({ length: 1000 }, (_, i) => ({
          name: `m:00000000-0000-4000-8000-${String(start + i).padStart(12, '0')}`,
          head: 5,
          headTag: 9,
          lastTs: 1000,
        }))
        const rows = await tx.insert(streams).values(names).returning({ key: streams.key })
        await tx
          .insert(spans)
          .values(rows.map(({ key }) => ({ streamKey: key, userKey: ann.key, fromSeq: 1 })))
      }
    })
    const fresh = await world.journal.heads(ann.key, {})
    expect(fresh.heads).toHaveLength(1000)
    expect(fresh.next).not.toBeNull()

    const busy = await world.conversation([ann])
    await world.send(busy, ann)
    const request = { changedSince: fresh.watermark + 30_000, limit: 1000 }
    const answer = await world.journal.heads(ann.key, request)
    expect(answer.heads.map(({ stream }) => stream)).toEqual([`m:${busy.id}`])
    expect(answer.next).toBeNull()
    const bytes = JSON.stringify(request).length + JSON.stringify(answer).length
    expect(bytes).toBeLessThan(1024)
  })
})
