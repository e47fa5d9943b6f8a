import {
  ERRORS,
  TidingsError,
  type Conversation,
  type DeletedBody,
  type Kinds,
  type Member,
  type Message,
} from '@tidings/protocol/wire'
import type { BodyCheck, ReceivedBody } from '../kinds.ts'
import type { ConversationRow, OutboxRow } from './rows.ts'

/**
 * How far a message has got.
 *
 * - `queued`: kept on this device, and waiting. `sending`: on its way. `failed`: the server has refused it for good, and
 *   `error` says why; it can be tried again or discarded.
 * - `sent`: durable on the server. `delivered`, `read`: every other member has received it, has read it.
 * - `received`: somebody else's.
 */
export type MessageState =
  'queued' | 'sending' | 'failed' | 'sent' | 'delivered' | 'read' | 'received'

/** A message as it is shown. */
export interface MessageItem<K extends Kinds> {
  /** The same from the moment in which it is written to its end, and no other message's. */
  readonly key: string
  /** Missing until it is acknowledged. */
  readonly id: string | undefined
  readonly conversationId: string
  /** Its place. Missing until it is acknowledged. */
  readonly seq: number | undefined
  readonly senderId: string
  readonly clientMessageId: string | null
  readonly body: ReceivedBody<K>
  /** The server's time; until it is acknowledged this device's. Milliseconds. */
  readonly createdAt: number
  readonly editedAt: number | null
  readonly state: MessageState
  readonly error: TidingsError | undefined
  /** An edit or a deletion of it is on its way; `body` shows it already. */
  readonly pending: boolean
}

/** A conversation as a list shows it. */
export interface ConversationItem<K extends Kinds> extends Pick<
  Conversation,
  | 'id'
  | 'kind'
  | 'name'
  | 'peer'
  | 'role'
  | 'joinPolicy'
  | 'history'
  | 'memberCount'
  | 'unread'
  | 'activeAt'
  | 'createdAt'
  | 'readSeq'
  | 'head'
> {
  /** The newest one, also when it has not been sent yet. */
  readonly lastMessage: MessageItem<K> | undefined
}

/** A member as a list shows him. */
export type MemberItem = Member

const DELETED: DeletedBody = { kind: 'deleted' }

/** What the items of one conversation depend on besides their rows. */
export interface ItemContext<K extends Kinds> {
  readonly bodies: BodyCheck<K>
  readonly userId: string | undefined
  readonly conversation: ConversationRow | undefined
  /** Edits and deletions that wait. */
  readonly changes: readonly OutboxRow[]
}

/** A message that the server has, and what of it is on its way. */
export function toItem<K extends Kinds>(
  message: Message,
  context: ItemContext<K>,
): { readonly item: MessageItem<K>; readonly change: OutboxRow | undefined } {
  const { bodies, userId } = context
  const { id, conversationId, seq, senderId, clientMessageId, createdAt, editedAt } = message
  const change = context.changes.findLast((row) => isOf(row, message, userId))
  const item: MessageItem<K> = {
    key: keyOf(senderId === userId ? clientMessageId : null, id),
    id,
    conversationId,
    seq,
    senderId,
    clientMessageId,
    body: bodies.shown(change === undefined ? message.body : (change.body ?? DELETED)),
    createdAt,
    editedAt,
    state: senderId === userId ? stateOf(seq, context.conversation) : 'received',
    error: undefined,
    pending: change !== undefined,
  }
  return { item, change }
}

/** A message that is on its way. */
export function toLocalItem<K extends Kinds>(
  row: OutboxRow,
  {
    bodies,
    isSending,
    userId,
  }: {
    readonly bodies: BodyCheck<K>
    readonly isSending: boolean
    readonly userId: string | undefined
  },
): MessageItem<K> {
  const { conversationId, clientMessageId = '', body, createdAt, failure, sent } = row
  return {
    key: keyOf(clientMessageId, clientMessageId),
    id: sent?.messageId,
    conversationId,
    seq: sent?.seq,
    clientMessageId,
    senderId: userId ?? '',
    body: bodies.shown(body ?? DELETED),
    createdAt: sent?.timestamp ?? createdAt,
    editedAt: null,
    state: localState(row, isSending),
    error: failure && toError(failure),
    pending: false,
  }
}

/** True when the items are the very same, in the same order. */
export function isSameList<Item>(one: readonly Item[], other: readonly Item[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index])
}

/** How far an own message has got with the others. */
export function stateOf(seq: number, row: ConversationRow | undefined): MessageState {
  if ((row?.othersReadSeq ?? 0) >= seq) return 'read'
  return (row?.othersDeliveredSeq ?? 0) >= seq ? 'delivered' : 'sent'
}

function keyOf(clientMessageId: string | null, id: string): string {
  // Ids that others chose could be another message's id.
  return clientMessageId === null ? id : `own ${clientMessageId}`
}

function localState({ failure, sent }: OutboxRow, isSending: boolean): MessageState {
  if (failure !== undefined) return 'failed'
  if (sent !== undefined) return 'sent'
  return isSending ? 'sending' : 'queued'
}

function isOf(row: OutboxRow, message: Message, userId: string | undefined): boolean {
  if (row.messageId !== undefined) return row.messageId === message.id
  return row.clientMessageId === message.clientMessageId && message.senderId === userId
}

function toError({ code, message }: NonNullable<OutboxRow['failure']>): TidingsError {
  // A later version's code may be kept.
  return new TidingsError(Object.hasOwn(ERRORS, code) ? code : 'INTERNAL', message)
}
