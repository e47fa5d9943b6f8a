import {
  TidingsError,
  type DeleteMessageInput,
  type EditMessageInput,
  type Message,
  type MessageRef,
} from '@tidings/protocol/wire'
import { toContent, toStored } from '../journal/content.ts'
import { storedOf, toEvent, toMessage } from '../journal/event.ts'
import type { StoredEvent } from '../journal/journal.ts'
import type { Actor } from './actor.ts'
import { mentionsAfter } from './beside-body.ts'
import type { Deps } from './deps.ts'
import { toEventActor } from './group/roster.ts'
import { isDeleted, lockMessage, type LockedMessage } from './locked-message.ts'
import { requireWriter } from './membership.ts'
import { checkBody } from './message-kind.ts'
import { isSameJson } from './payload-hash.ts'
import { takeWrites } from './write-limit.ts'

/**
 * Puts another body in the place of the actor's own message. The body that it has already tells nobody anything.
 * @throws TidingsError NOT_FOUND (also for a message that was deleted), FORBIDDEN for somebody else's, UNSUPPORTED_KIND,
 * INVALID_INPUT, RATE_LIMITED; MUTED and FORBIDDEN when he may not write now
 */
export async function editMessage(
  deps: Deps,
  actor: Actor,
  input: EditMessageInput,
): Promise<Message> {
  takeWrites(deps, actor, 1)
  const place = { conversationId: input.conversationId, userKey: actor.userKey }
  await requireWriter(deps.database, place, () => deps.database.now())
  const body = await checkBody(deps.kinds, input.body)
  const named = { actor, ref: input, writes: true }
  return changeMessage(deps, named, async ({ journal, message }) => {
    if (message.actorKey !== actor.userKey) throw new TidingsError('FORBIDDEN')
    if (isDeleted(message)) throw new TidingsError('NOT_FOUND')
    const { replyTo } = toContent(message.body)
    const { mentions: named } = input
    const { ids, keys } = await mentionsAfter(deps, journal, { message, mentions: named })
    const content = { body, replyTo, mentions: ids }
    if (isSameJson(message.body, toStored(content))) return undefined
    return journal.editMessage(message, { actor: toEventActor(actor), content, mentioned: keys })
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

/** Answers the message after the change; `change` answers the event, or undefined when there is nothing to change. */
async function changeMessage(
  deps: Deps,
  named: { readonly actor: Actor; readonly ref: MessageRef; readonly writes?: boolean },
  change: (locked: LockedMessage) => Promise<StoredEvent | undefined>,
): Promise<Message> {
  return lockMessage(deps, named, async (locked) => {
    const changed = await change(locked)
    return changed === undefined ? toMessage(storedOf(locked.message)) : messageOf(changed)
  })
}

function messageOf(row: StoredEvent): Message {
  const event = toEvent(row)
  if (event.type === 'message.edited' || event.type === 'message.deleted') return event.body.message
  throw new Error(`a change of a message is told by ${event.type}`)
}
