import { TidingsError, type HideMessageInput } from '@tidings/protocol/wire'
import { placeOf } from '../journal/event.ts'
import { insertHidden } from '../stores/message-detail.ts'
import { findVisibleMessage } from '../stores/message.ts'
import { findStreamThroughSpan } from '../stores/span.ts'
import { findStreamsByName } from '../stores/stream.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { toEventActor } from './group/roster.ts'
import { takeWrites } from './write-limit.ts'

/**
 * Takes a message out of the actor's own view, on all his devices; nobody else is concerned, or told. Twice is once.
 * @throws TidingsError NOT_FOUND when he does not see it, RATE_LIMITED
 */
export async function hideMessage(
  deps: Deps,
  actor: Actor,
  input: HideMessageInput,
): Promise<void> {
  takeWrites(deps, actor, 1)
  const { database, journal } = deps
  const { userKey, userId } = actor
  const { conversationId, messageId, clientMessageId } = input
  const place = { userKey, stream: `m:${conversationId}` }
  // What one sees of a conversation one has left can be hidden too.
  const streamKey = await findStreamThroughSpan(database, database.read, place)
  if (streamKey === undefined) throw new TidingsError('NOT_FOUND')
  const named = { streamKey, userKey, messageId, clientMessageId }
  const message = await findVisibleMessage(database, database.read, named)
  const [own] = await findStreamsByName(database, database.read, [`u:${userId}`])
  if (message === undefined || own === undefined) throw new TidingsError('NOT_FOUND')
  await journal.transact(async (inTx) => {
    // Nobody else writes what is hidden from him: his own stream's lock is enough.
    await inTx.lock([own.key])
    const hidden = { streamKey, seq: message.seq, userKey }
    if (!(await insertHidden(database, inTx.tx, hidden))) return
    const [type, body] = ['message.hidden', placeOf(message)] as const
    await inTx.append({ streamKey: own.key, type, actor: toEventActor(actor), body })
  })
}
