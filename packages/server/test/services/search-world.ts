import type { SearchPage } from '@tidings/protocol/wire'
import type { Actor } from '../../src/services/actor.ts'
import { sendMessage } from '../../src/services/message.ts'
import { SearchIndexer } from '../../src/services/search/indexer.ts'
import { searchMessages } from '../../src/services/search/search.ts'
import type { Engine } from '../support/databases.ts'
import { openWorld, type World } from './conversation-world.ts'

/** Who searches. */
export type People = World<'ann' | 'bob' | 'cat'>

/** People who have nothing yet. */
export const openPeople = (engine: Engine): Promise<People> =>
  openWorld(engine, ['ann', 'bob', 'cat'])

/** Does what a node does behind the commits, until everything is done. */
export async function index({ deps }: People): Promise<void> {
  await new SearchIndexer(deps).run({ ended: false, take: async () => undefined })
}

/** Says texts one after the other; answers their ids. */
export async function say(world: People, actor: Actor, conversationId: string, ...texts: string[]) {
  const ids: string[] = []
  for (const text of texts) {
    const sent = await sendMessage(world.deps, actor, {
      conversationId,
      body: { kind: 'text', text },
    })
    if ('messageId' in sent) ids.push(sent.messageId)
  }
  return ids
}

/** Does something so many times, some at a time, in no order. */
export async function many(count: number, work: (at: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at += 20) {
    const some = Array.from({ length: Math.min(20, count - at) }, (_, index) => work(at + index))
    await Promise.all(some)
  }
}

/** Asks for what is found. */
export function search(world: People, actor: Actor, query: string, more: object = {}) {
  return searchMessages(world.deps, actor, { query, limit: 20, ...more })
}

/** What the messages found say. */
export const textsOf = ({ items: hits }: SearchPage) =>
  hits.map(({ message: { body } }) => ('text' in body ? body.text : body.kind))
