import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { engines, openTestDatabase } from '../support/databases.ts'
import { JournalWorld } from '../support/journal-world.ts'

test.runIf(engines.includes('postgres'))(
  '[JRN4] who shares a batch with a stream that somebody else holds locked is not refused for it',
  async () => {
    await using database = await openTestDatabase('postgres', { postgres: { lockMs: 20 } })
    const world = new JournalWorld(database)
    const ann = await world.user('ann')
    const held = await world.conversation([ann])
    await world.conversation([ann])
    const free = await world.conversation([ann])
    // A conversation has two streams, and there are four lanes: these two are in the same one.
    expect((free.messageStreamKey - held.messageStreamKey) % 4).toBe(0)
    const { streams } = database.tables
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let locked = (): void => {}
    const isLocked = new Promise<void>((resolve) => (locked = resolve))
    const holder = database.tx(async (tx) => {
      await database.forUpdate(
        tx.select({ key: streams.key }).from(streams).where(eq(streams.key, held.messageStreamKey)),
      )
      locked()
      await released
    })
    await isLocked
    const outcomes = await Promise.allSettled(
      [held, free, free].map((group) => world.journal.sendMessage(world.message(group, ann))),
    )
    release()
    await holder
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    await world.journal.close()
  },
)
