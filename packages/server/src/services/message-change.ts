import {
  TidingsError,
  type DeleteMessageInput,
  type EditMessageInput,
  type Message,
  type MessageRef,
} from '@tidings/protocol/wire'
import { storedOf, toEvent, toMessage } from '../journal/event.ts'
import type { JournalTx, StoredEvent } from '../journal/journal.ts'
import { inside } from '../stores/conversation.ts'
import type { EventRow } from '../stores/event.ts'
import type { Membership } from '../stores/membership.ts'
import { findVisibleMessage } from '../stores/message.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { toEventActor } from './group/roster.ts'
import { requireMember } from './membership.ts'
import { checkBody } from './message-kind.ts'
import { isSameJson } from './payload-hash.ts'
import { takeWrites } from './write-limit.ts'

/**
 * Puts another body in the place of the actor's own message. The body that it has already tells nobody anything.
 * @throws TidingsError NOT_FOUND (also for a message that was deleted), FORBIDDEN for somebody else's, UNSUPPORTED_KIND,
 * INVALID_INPUT, RATE_LIMITED
 */
export async function editMessage(
  deps: Deps,
  actor: Actor,
  input: EditMessageInput,
): Promise<Message> {
  takeWrites(deps, actor, 1)
  await requireMember(deps.database, input.conversationId, actor.userKey)
  const body = await checkBody(deps.kinds, input.body)
  return changeMessage(deps, { actor, ref: input }, async ({ journal, message }) => {
    if (message.actorKey !== actor.userKey) throw new TidingsError('FORBIDDEN')
    if (isDeleted(message)) throw new TidingsError('NOT_FOUND')
    if (isSameJson(message.body, body)) return undefined
    return journal.editMessage(message, { actor: toEventActor(actor), body })
  })
}

/**
 * Deletes a message for all: one's own, or as owner or admin of the group anybody's that one sees. Twice is once.
 * @throws TidingsError NOT_FOUND, FORBIDDEN, RATE_LIMITED
 */
export async function deleteMessage(
  deps: Deps,
  actor: Actor,
  input: DeleteMessageInput,
): Promise<Message> {
  takeWrites(deps, actor, 1)
  return changeMessage(deps, { actor, ref: input }, async ({ journal, message, member }) => {
    const isOwn = message.actorKey === actor.userKey
    const mayModerate = member.kind === 'group' && member.role !== 'member'
    if (!isOwn && !mayModerate) throw new TidingsError('FORBIDDEN')
    if (isDeleted(message)) return undefined
    return journal.deleteMessage(message, toEventActor(actor))
  })
}

interface Changing {
  readonly journal: JournalTx
  /** As it stands under the lock of its stream. */
  readonly message: EventRow
  readonly member: Membership
}

/** Answers the message after the change; `change` answers the event, or undefined when there is nothing to change. */
async function changeMessage(
  deps: Deps,
  { actor, ref }: { readonly actor: Actor; readonly ref: MessageRef },
  change: (changing: Changing) => Promise<StoredEvent | undefined>,
): Promise<Message> {
  const { database, journal } = deps
  const { conversationId, messageId, clientMessageId } = ref
  const { userKey } = actor
  // Asked before, so that a stranger does not hold up the stream; and again under the lock, where it counts.
  const { messageStreamKey: streamKey } = await requireMember(database, conversationId, userKey)
  return journal.transact(async (inTx) => {
    await inTx.lock([streamKey])
    const member = await requireMember(inside(database, inTx.tx), conversationId, userKey)
    const named = { streamKey, userKey, messageId, clientMessageId }
    const message = await findVisibleMessage(database, inTx.tx, named)
    if (message === undefined) throw new TidingsError('NOT_FOUND')
    const changed = await change({ journal: inTx, message, member })
    return changed === undefined ? toMessage(storedOf(message)) : messageOf(changed)
  })
}

function messageOf(row: StoredEvent): Message {
  const event = toEvent(row)
  if (event.type === 'message.edited' || event.type === 'message.deleted') return event.body.message
  throw new Error(`a change of a message is told by ${event.type}`)
}

/** Nothing is left to tell a repeat by: that marks it for the counting of unread messages as well. */
function isDeleted(message: EventRow): boolean {
  return message.payloadHash === null
}
