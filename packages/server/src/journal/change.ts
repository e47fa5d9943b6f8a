import type { Reacted } from '@tidings/protocol/wire'
import type { EventRow } from '../stores/event.ts'
import { toStored, type MessageContent } from './content.ts'
import { placeOf, storedOf, toDeleted, toMessage, type EventAbout } from './event.ts'
import type { EventActor, ReactionChange } from './journal.ts'
import { number, type NumberedEvent, type OpenStream } from './numbering.ts'

interface Change {
  readonly message: EventRow
  readonly actor: EventActor
  readonly now: number
}

/** Numbers message.edited. Its row leads to the edit before, so that a deletion finds them all. */
export function numberEdit(
  stream: OpenStream,
  { message, actor, now, content }: Change & { readonly content: MessageContent },
): NumberedEvent {
  const { row, stored } = number(stream, unnumbered('message.edited', actor), now)
  const body = toStored(content)
  const edited = toMessage({ ...storedOf(message), body, editedAt: stored.ts })
  const eventBody = { message: edited }
  return {
    row: { ...row, editSeq: message.editSeq, body: eventBody },
    stored: { ...stored, body: eventBody },
  }
}

/** Numbers message.deleted. */
export function numberDeletion(stream: OpenStream, { message, actor, now }: Change): NumberedEvent {
  const body = { message: toDeleted(toMessage(storedOf(message))) }
  return number(stream, { ...unnumbered('message.deleted', actor), body }, now)
}

/** Numbers message.reacted. Its row leads to the event about the message before, as that of an edit. */
export function numberReaction(
  stream: OpenStream,
  { message, actor, now, change }: Change & { readonly change: ReactionChange },
): NumberedEvent {
  const body: Reacted = { ...placeOf(message), userId: actor.id, ...change }
  const { row, stored } = number(stream, { ...unnumbered('message.reacted', actor), body }, now)
  return { row: { ...row, editSeq: message.editSeq }, stored }
}

function unnumbered(type: EventAbout['type'] | 'message.deleted', actor: EventActor) {
  return { type, actor, body: null, messageId: null, clientMessageId: null, payloadHash: null }
}
