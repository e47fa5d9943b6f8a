import {
  ERRORS,
  TidingsError,
  type Conversation,
  type DeletedBody,
  type Kinds,
  type Member,
  type Message,
  type Reaction,
} from '@tidings/protocol/wire'
import type { BodyCheck, TypedBody } from '../kinds.ts'
import type { ConversationRow, OutboxRow } from './rows.ts'

/**
 * How far a message has got.
 *
 * - `queued`: kept on this device, and waiting. `sending`: on its way. `failed`: the server has refused it for good, and
 *   `error` says why; it can be tried again or discarded.
 * - `sent`: durable on the server. `delivered`, `read`: it was delivered to every other member, everyone has read it.
 * - `received`: somebody else's.
 */
export type MessageState =
  'queued' | 'sending' | 'failed' | 'sent' | 'delivered' | 'read' | 'received'

/** The message that another one answers: `client.message.get` brings one that is not at hand. */
export interface ReplyItem {
  readonly messageId: string
  readonly seq?: number | undefined
  readonly senderId?: string | undefined
}

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
  readonly body: TypedBody<K>
  /** The message that it answers; `messageId` alone until it is acknowledged. */
  readonly replyTo: ReplyItem | undefined
  /** Ids of the members that it mentions. */
  readonly mentions: readonly string[]
  /** The reactions to it, in the order of their texts. */
  readonly reactions: readonly Reaction[]
  /** The server's time; until it is acknowledged this device's. Milliseconds. */
  readonly createdAt: number
  readonly editedAt: number | null
  readonly state: MessageState
  /** Of an own message: it was delivered to every other member. Of another's it is not known. */
  readonly delivered?: boolean | undefined
  /** Of an own message: every other member has read it. */
  readonly read?: boolean | undefined
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
  | 'barredUntil'
  | 'joinPolicy'
  | 'history'
  | 'memberCount'
  | 'unread'
  | 'unreadMentions'
  | 'activeAt'
  | 'createdAt'
  | 'readSeq'
  | 'unreadFrom'
  | 'head'
  | 'data'
  | 'preference'
> {
  /** The newest one, also when it has not been sent yet. */
  readonly lastMessage: MessageItem<K> | undefined
}

/** A member as a list shows him. */
export type MemberItem = Member

const NOBODY: readonly string[] = []
const NONE: readonly Reaction[] = []

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
  const isOwn = senderId === userId
  const state = isOwn ? stateOf(seq, context.conversation) : 'received'
  const isDeleted = change !== undefined && change.body === undefined
  const item: MessageItem<K> = {
    key: keyOf(senderId === userId ? clientMessageId : null, id),
    id,
    conversationId,
    seq,
    senderId,
    clientMessageId,
    body: bodies.typedBody(change === undefined ? message.body : (change.body ?? DELETED)),
    replyTo: isDeleted ? undefined : message.replyTo,
    mentions: isDeleted ? NOBODY : (change?.beside?.mentions ?? message.mentions ?? NOBODY),
    reactions: isDeleted ? NONE : (message.reactions ?? NONE),
    createdAt,
    editedAt,
    state,
    ...(isOwn && { delivered: state !== 'sent', read: state === 'read' }),
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
  const { conversationId, clientMessageId = '', body, beside, createdAt, failure, sent } = row
  return {
    key: keyOf(clientMessageId, clientMessageId),
    id: sent?.messageId,
    conversationId,
    seq: sent?.seq,
    clientMessageId,
    senderId: userId ?? '',
    body: bodies.typedBody(body ?? DELETED),
    replyTo: sent?.replyTo ?? toReply(beside),
    mentions: sent?.mentions ?? beside?.mentions ?? NOBODY,
    reactions: NONE,
    createdAt: sent?.timestamp ?? createdAt,
    editedAt: null,
    state: localState(row, isSending),
    error: failure && toError(failure),
    pending: false,
  }
}

function toReply(beside: OutboxRow['beside']): ReplyItem | undefined {
  return beside?.replyTo === undefined ? undefined : { messageId: beside.replyTo }
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
