import { expect, test } from 'vitest'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { markMessages } from '../../src/services/receipt.ts'
import { openReceiptWriter } from '../../src/services/receipt-writer.ts'
import { describeEngines } from '../support/databases.ts'
import { pullOf } from '../support/pull.ts'
import { openWorld, say } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

describeEngines('receipts of one who comes and goes', (engine) => {
  async function open() {
    const world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const receipts = openReceiptWriter(world.database, world.journal)
    const deps = { ...world.deps, receipts }
    const { ann, bob, cat } = world.users
    const { id } = await newGroup(world, [ann, bob, cat])
    const stream = `r:${id}`
    return {
      world,
      ann,
      bob,
      id,
      /** ann says something and cat reads it: one more event of the receipts stream. */
      async receipt() {
        const seq = await say(world, ann, id)
        await markMessages(deps, cat, { kind: 'read', input: { conversationId: id, seq } })
      },
      async pull(after: { seq: number; tag: number }) {
        const streams = [{ stream, after: after.seq, tag: after.tag }]
        const answer = await pullOf(world.journal, bob.userKey, { epoch: 1, streams })
        return answer.streams[0]
      },
      async head() {
        const { heads } = await world.journal.heads(bob.userKey, {})
        const own = heads.find((head) => head.stream === stream)
        return own && { seq: own.head, tag: own.tag }
      },
      async [Symbol.asyncDispose]() {
        await receipts.close()
        await world[Symbol.asyncDispose]()
      },
    }
  }

  test('[JRN8] [CNV13] who comes back and goes again before a receipt is written keeps his position', async () => {
    await using chat = await open()
    const place = { conversationId: chat.id }
    await chat.receipt()
    await leaveGroup(chat.world.deps, chat.bob, place)
    await chat.receipt()
    for (const _ of [1, 2]) {
      await joinGroup(chat.world.deps, chat.bob, place)
      const position = await chat.head()
      expect(position?.seq).toBe(2)
      await leaveGroup(chat.world.deps, chat.bob, place)
      expect(await chat.head()).toEqual(position)
      expect(await chat.pull(position ?? { seq: 0, tag: 0 })).toEqual({
        stream: `r:${chat.id}`,
        events: [],
        upTo: position,
        more: false,
      })
    }
    await chat.receipt()
    await joinGroup(chat.world.deps, chat.bob, place)
    await chat.receipt()
    const all = await chat.pull({ seq: 0, tag: 0 })
    expect(all && 'events' in all && all.events.map(({ seq }) => seq)).toEqual([1, 4])
  })
})
