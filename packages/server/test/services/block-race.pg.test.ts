import { randomUUID } from 'node:crypto'
import { isTidingsError } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { blockUser, unblockUser } from '../../src/services/block.ts'
import { openConversation } from '../../src/services/conversation.ts'
import { sendMessage } from '../../src/services/message.ts'
import { eventsOf, openWorld } from './conversation-world.ts'

const patient = { timeout: 60_000 }

function openRace() {
  return openWorld('postgres', ['ann', 'bob'], { postgres: { writers: 8, readers: 4 } })
}

test('[PPL8] once a block is answered no message of either is acknowledged', patient, async () => {
  await using world = await openRace()
  const { ann, bob } = world.users
  const { id: conversationId } = await openConversation(world.deps, ann, { userId: bob.userId })
  for (let round = 0; round < 15; round += 1) {
    let isBlocked = false
    const late: string[] = []
    const sends = [ann, bob].flatMap((actor) =>
      Array.from({ length: 20 }, async (_, index) => {
        // Spread over the transaction of the block: each waits for so many turns of the database.
        for (let turn = 0; turn < index % 5; turn += 1) await world.database.now()
        const wasBlocked = isBlocked
        const body = { kind: 'text', text: 'hi' } as const
        const input = { conversationId, clientMessageId: randomUUID(), body }
        const outcome = await sendMessage(world.deps, actor, input).catch((error: unknown) => error)
        if (!isTidingsError(outcome) && wasBlocked) late.push(input.clientMessageId)
      }),
    )
    await blockUser(world.deps, ann, { userId: bob.userId }).then(() => {
      isBlocked = true
    })
    const before = (await eventsOf(world, `m:${conversationId}`)).length
    await Promise.all(sends)
    expect(late).toEqual([])
    expect((await eventsOf(world, `m:${conversationId}`)).length).toBe(before)
    await unblockUser(world.deps, ann, { userId: bob.userId })
  }
})

test(
  '[PPL8] of opening a conversation and a block at the same moment no open conversation is left',
  patient,
  async () => {
    for (let round = 0; round < 6; round += 1) {
      await using world = await openRace()
      const { ann, bob } = world.users
      const [opened] = await Promise.allSettled([
        openConversation(world.deps, bob, { userId: ann.userId }),
        blockUser(world.deps, ann, { userId: bob.userId }),
      ])
      if (opened.status === 'rejected') continue
      const input = { conversationId: opened.value.id, body: { kind: 'text', text: 'hi' } } as const
      await expect(sendMessage(world.deps, bob, input)).rejects.toThrow('This is not allowed.')
    }
  },
)
