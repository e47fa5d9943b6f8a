import { openReceiptWriter } from '../../src/services/receipt-writer.ts'
import { markMessages } from '../../src/services/receipt.ts'
import type { Actor } from '../../src/services/actor.ts'
import { getConversation, listConversations } from '../../src/services/conversation.ts'
import type { Engine } from '../support/databases.ts'
import { eventsOf, openWorld, say } from './conversation-world.ts'

/** ann, bob and cat, who look at their conversations. */
export async function openOwnWorld(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const receipts = openReceiptWriter(world.database, world.journal)
  const deps = { ...world.deps, receipts }
  const view = (actor: Actor, conversationId: string) =>
    getConversation(deps, actor, { conversationId })
  return {
    ...world.users,
    world,
    deps,
    view,
    async unread(actor: Actor, conversationId: string) {
      return (await view(actor, conversationId)).unread
    },
    list: async (actor: Actor, input: Partial<Parameters<typeof listConversations>[2]> = {}) =>
      (await listConversations(deps, actor, { limit: 50, ...input })).items.map(({ id }) => id),
    read: (actor: Actor, conversationId: string, seq: number, isPrivate = false) =>
      markMessages(deps, actor, {
        kind: 'read',
        input: { conversationId, seq, private: isPrivate },
      }),
    async sayOften(actor: Actor, conversationId: string, times: number) {
      let seq = 0
      for (let i = 0; i < times; i += 1) seq = await say(world, actor, conversationId)
      return seq
    },
    /** What his own stream has told of a type. */
    async toldOf(actor: Actor, type: string) {
      const events = await eventsOf(world, `u:${actor.userId}`)
      return events.flatMap((event) => (event.type === type ? [event.body] : []))
    },
    async [Symbol.asyncDispose]() {
      await receipts.close()
      await world[Symbol.asyncDispose]()
    },
  }
}
