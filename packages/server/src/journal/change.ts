import type { Message, MessageBody } from '@tidings/protocol/wire'
import type { EventRow } from '../stores/event.ts'
import { storedOf, toDeleted, toMessage } from './event.ts'
import type { EventActor } from './journal.ts'
import { number, type NumberedEvent, type OpenStream } from './numbering.ts'

interface Change {
  readonly message: EventRow
  readonly actor: EventActor
  readonly now: number
}

/** Numbers message.edited. Its row leads to the edit before, so that a deletion finds them all. */
export function numberEdit(
  stream: OpenStream,
  { message, actor, now, body }: Change & { readonly body: MessageBody },
): NumberedEvent {
  const { row, stored } = number(stream, unnumbered('message.edited', actor), now)
  const edited: Message = { ...toMessage(storedOf(message)), body, editedAt: stored.ts }
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

function unnumbered(type: 'message.edited' | 'message.deleted', actor: EventActor) {
  return { type, actor, body: null, messageId: null, clientMessageId: null, payloadHash: null }
}
