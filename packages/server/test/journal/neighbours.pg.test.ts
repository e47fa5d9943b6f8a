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
    const groups = [await world.conversation([ann]), await world.conversation([ann])] as const
    // Streams are taken in twos: both messages streams are in the same lane of four.
    expect((groups[1].messageStreamKey - groups[0].messageStreamKey) % 2).toBe(0)
    const { streams } = database.tables
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let locked = (): void => {}
    const isLocked = new Promise<void>((resolve) => (locked = resolve))
    const holder = database.tx(async (tx) => {
      await database.forUpdate(
        tx
          .select({ key: streams.key })
          .from(streams)
          .where(eq(streams.key, groups[0].messageStreamKey)),
      )
      locked()
      await released
    })
    await isLocked
    const outcomes = await Promise.allSettled(
      [groups[0], groups[1], groups[1]].map((group) =>
        world.journal.sendMessage(world.message(group, ann)),
      ),
    )
    release()
    await holder
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    await world.journal.close()
  },
)
