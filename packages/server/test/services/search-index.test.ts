import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { Database, TxOptions } from '../../src/db/database.ts'
import type { StoredEvent } from '../../src/journal/journal.ts'
import { openConversation } from '../../src/services/conversation.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { SearchIndexer } from '../../src/services/search/indexer.ts'
import { clearSearch } from '../../src/stores/search-document.ts'
import { describeEngines } from '../support/databases.ts'
import { index, openPeople, say, search, textsOf, type People } from './search-world.ts'

/** A database in which something happens before each of its transactions. */
function withBefore(
  database: Database,
  before: (at: number, options: TxOptions | undefined) => Promise<unknown>,
): Database {
  let at = 0
  const tx: Database['tx'] = async (work, options) => {
    await before((at += 1), options)
    return database.tx(work, options)
  }
  return new Proxy(database, {
    get(target, name) {
      if (name === 'tx') return tx
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function streamKeyOfMessage({ stream, streamKey }: StoredEvent): number | undefined {
  return stream.startsWith('m:') ? streamKey : undefined
}

async function messageStreamOf({ database }: People, conversationId: string): Promise<number> {
  const { streams } = database.tables
  const rows = await database.read
    .select({ key: streams.key })
    .from(streams)
    .where(eq(streams.name, `m:${conversationId}`))
  return rows[0]?.key ?? 0
}

describeEngines('the index', (engine) => {
  test('[SEA7] a rebuild that dies in the middle leaves nothing that is found twice, or never', async () => {
    await using world = await openPeople(engine)
    const { ann, bob, cat } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    const { id: other } = await openConversation(world.deps, ann, { userId: cat.userId })
    await say(world, ann, id, 'word one', 'word two', 'word three')
    const [gone = ''] = await say(world, ann, other, 'word four', 'word five')
    const { database } = world
    const { searchDocuments, searchProgress } = database.tables
    const texts = ['word five', 'word four', 'word one', 'word three', 'word two']
    for (const deathAt of [1, 2, 3]) {
      await index(world)
      const dying = withBefore(database, async (at) => {
        if (at === deathAt) throw new Error('killed')
      })
      await expect(clearSearch(dying, 2)).rejects.toThrow('killed')
      const left = await database.read.select().from(searchDocuments)
      expect(left).toHaveLength(5 - 2 * (deathAt - 1))
      const progress = await database.read.select().from(searchProgress)
      for (const { streamKey, seq } of left)
        expect(progress.find((row) => row.streamKey === streamKey)?.seq).toBeGreaterThanOrEqual(seq)
      await index(world)
      expect(await search(world, ann, 'word')).toMatchObject({ upToDate: true })
      // Two conversations may have messages of one millisecond, whose order says nothing.
      expect(textsOf(await search(world, ann, 'word')).toSorted()).toEqual(texts)
    }
    await deleteMessage(world.deps, ann, { conversationId: other, messageId: gone })
    expect(await clearSearch(database)).toBe(4)
  })

  test('[SEA7] a rebuild that dies does not pass over what was not looked at before', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    const texts = ['word one', 'word two', 'word three', 'word four', 'word five']
    await say(world, ann, id, ...texts)
    await index(world)
    const { database } = world
    const { searchDocuments, searchProgress } = database.tables
    // As after an earlier one that was interrupted, and the deletion of what it had left.
    await database.tx(async (tx) => {
      await tx.update(searchProgress).set({ seq: 1 })
      await tx.delete(searchDocuments).where(eq(searchDocuments.seq, 2))
    })
    const dying = withBefore(database, async (at) => {
      if (at === 2) throw new Error('killed')
    })
    await expect(clearSearch(dying, 2)).rejects.toThrow('killed')
    const progress = await database.read.select().from(searchProgress)
    expect(progress.map(({ seq }) => seq)).toEqual([1])
    await index(world)
    expect(textsOf(await search(world, bob, 'word'))).toEqual(texts.toReversed())
  })

  test('[SEA7] what the index holds of messages that were not looked at is replaced', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    await say(world, ann, id, 'word one', 'word two', 'word three')
    await index(world)
    const { searchDocuments, searchProgress } = world.database.tables
    await world.database.tx(async (tx) => {
      await tx.delete(searchProgress)
      await tx.delete(searchDocuments).where(eq(searchDocuments.seq, 1))
    })
    await index(world)
    expect(textsOf(await search(world, bob, 'word'))).toEqual([
      ...['word three', 'word two', 'word one'],
    ])
    expect(await world.database.read.select().from(searchDocuments)).toHaveLength(3)
  })

  test('[SEA4] [SEA5] of what is deleted, or forgotten, after it was read nothing is written', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id: conversationId } = await openConversation(world.deps, ann, { userId: bob.userId })
    const texts = ['apple', 'apple pie', 'apple tree', 'an apple']
    const ids = await say(world, ann, conversationId, ...texts)
    const [, second = '', third = ''] = ids
    const { searchDocuments } = world.database.tables
    const database = withBefore(world.database, async (at) => {
      if (at > 1) return
      await deleteMessage(world.deps, ann, { conversationId, messageId: second })
      const body = { kind: 'text', text: 'plum' } as const
      await editMessage(world.deps, ann, { conversationId, messageId: third, body })
      await world.journal.trim(await messageStreamOf(world, conversationId), 1)
    })
    let hasRead = false
    await new SearchIndexer({ ...world.deps, database }).run({
      get ended() {
        return hasRead
      },
      take: async () => void (hasRead = true),
    })
    const rows = await world.database.read.select().from(searchDocuments)
    expect(rows.map(({ seq }) => seq).toSorted()).toEqual([3, 4])
    await index(world)
    expect(textsOf(await search(world, bob, 'apple'))).toEqual(['an apple'])
    expect(textsOf(await search(world, bob, 'plum'))).toEqual(['plum'])
  })

  test('[SEA1] [SEA3] of a beginning that few words have, or many, or none, each message is found, newest first', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    const texts = Array.from({ length: 8 }, (_, at) =>
      Array.from({ length: 10 }, (__, index) => `word${at}${index}`).join(' '),
    )
    await say(world, ann, id, ...texts, 'word another', 'words')
    await index(world)
    const found = async (query: string) => textsOf(await search(world, bob, query))
    const all = [...texts, 'word another', 'words'].toReversed()
    expect(await found('word')).toEqual(all)
    expect(await found('word3')).toEqual([texts[3]])
    expect(await found('word40')).toEqual([texts[4]])
    expect(await found('word an')).toEqual(['word another'])
    expect(await found('word wore')).toEqual([])
    expect(await found('words')).toEqual(['words'])
  })

  test('[SEA5] of long messages few are written in one go', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    const long = Array.from({ length: 2500 }, (_, at) => `word${at}`)
      .join(' ')
      .slice(0, 16_000)
    await say(world, ann, id, ...Array.from({ length: 9 }, () => long), 'short', 'short')
    const { searchDocuments } = world.database.tables
    const counts: number[] = []
    const count = async () => (await world.database.read.select().from(searchDocuments)).length
    const database = withBefore(world.database, async () => void counts.push(await count()))
    await index({ ...world, deps: { ...world.deps, database } })
    counts.push(await count())
    const written = counts.slice(1).map((now, at) => now - (counts[at] ?? 0))
    expect(written.length).toBeGreaterThan(3)
    expect(Math.max(...written)).toBeLessThanOrEqual(4)
    expect(counts.at(-1)).toBe(11)
  })

  test('[SEA5] while people write, little is indexed at a time, behind their messages, and each conversation has its turn', async () => {
    await using world = await openPeople(engine)
    const { ann, bob, cat } = world.users
    const { database, journal } = world
    const written: StoredEvent[] = []
    journal.onCommitted((events) => written.push(...events))
    const texts = Array.from({ length: 40 }, (_, at) => `word ${at}`)
    for (const { userId } of [bob, cat]) {
      const { id } = await openConversation(world.deps, ann, { userId })
      await say(world, ann, id, ...texts)
    }
    const { searchDocuments } = database.tables
    const seen: number[][] = []
    const priorities = new Set<TxOptions['priority']>()
    const busy = withBefore(database, async (_at, options) => {
      priorities.add(options?.priority)
      const rows = await database.read.select().from(searchDocuments)
      const keys = rows.map(({ streamKey }) => streamKey)
      seen.push([...new Set(keys)].map((key) => keys.filter((other) => other === key).length))
      // Somebody writes all the time, until so much is done.
      if (seen.length < 4) indexer.committed(written)
      else now += 1000
    })
    let now = 0
    const clock = { now: () => now }
    const indexer = new SearchIndexer({ ...world.deps, database: busy, clock })
    indexer.committed(written)
    await indexer.run({ ended: false, take: async () => undefined })
    indexer.close()
    expect(seen).toEqual([[], [16], [16, 16], [32, 16], [32, 32]])
    expect([...priorities]).toEqual(['low'])
    expect(await search(world, ann, 'word')).toMatchObject({ upToDate: true })
    expect(await database.read.select().from(searchDocuments)).toHaveLength(80)
  })

  test('[SEA5] conversations for which there was no time come before those in which something was said later', async () => {
    await using world = await openPeople(engine)
    const { deps, database, journal } = world
    const { ann, bob } = world.users
    const ids: string[] = []
    for (let at = 0; at < 20; at += 1) {
      const group = { name: `group ${at}`, userIds: [bob.userId] }
      const { id } = await createGroup(deps, ann, {
        ...group,
        joinPolicy: 'invite',
        history: 'all',
      })
      ids.push(id)
    }
    await index(world)
    const written: StoredEvent[] = []
    journal.onCommitted((events) => written.push(...events))
    for (const [at, id] of ids.entries())
      await say(world, ann, id, ...Array.from({ length: at === 0 ? 40 : 1 }, () => 'word'))
    const order = [...new Set(written.flatMap((event) => streamKeyOfMessage(event) ?? []))]
    const { searchDocuments } = database.tables
    const indexed: number[][] = []
    const busy = withBefore(database, async () => {
      const rows = await database.read.select().from(searchDocuments)
      const keys = new Set(rows.map(({ streamKey }) => streamKey))
      indexed.push(order.filter((key) => keys.has(key)))
    })
    const clock = { now: () => 0 }
    const indexer = new SearchIndexer({ ...deps, database: busy, clock })
    indexer.committed(written)
    await indexer.run({ ended: false, take: async () => undefined })
    indexer.close()
    expect(indexed.slice(0, 4)).toEqual([[], order.slice(0, 1), order.slice(0, 17), order])
  })

  test('[SEA5] somebody who begins to write while the index is far behind waits for one transaction of it', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    const long = Array.from({ length: 900 }, (_, at) => `word${at}`).join(' ')
    await say(world, ann, id, ...Array.from({ length: 9 }, () => long))
    const counts: number[] = []
    const { searchDocuments } = world.database.tables
    const count = async () => (await world.database.read.select().from(searchDocuments)).length
    const database = withBefore(world.database, async (at) => {
      counts.push(await count())
      // Between the first transaction and the second.
      if (at === 1) indexer.committed([])
    })
    const clock = { now: () => 0 }
    const indexer = new SearchIndexer({ ...world.deps, database, clock })
    await indexer.run({ ended: false, take: async () => undefined })
    expect(counts).toEqual([0, 4, 5, 6, 7, 8])
    expect(await count()).toBe(9)
  })
})
