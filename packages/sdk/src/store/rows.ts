import type {
  Conversation,
  ErrorCode,
  Member,
  Message,
  MessageBody,
  NotificationItem,
  Sent,
} from '@tidings/protocol/wire'
import type { Mark, Position } from '@tidings/protocol/sync'
import type { StorageChange } from '../storage.ts'
import { hiddenRange, keys, reactionRange } from './keys.ts'

/** A conversation as the server last described it, brought up to date by every event since. */
export interface ConversationRow extends Conversation {
  /** Events of the messages stream up to here are part of this row; an earlier one changes nothing any more. */
  readonly countedTo: number
  /** After this seq `unread` counts: after the marks, or after earlier ones while only the server can count by them. */
  readonly countedFrom: number
  /** The head that the server answered last: until the stream has been told up to here, messages at hand may be behind. */
  readonly answeredHead: number
  /** How far the server knows that the user has read; `readSeq` may be ahead of it. */
  readonly markedSeq: number
  /** From where on the server knows it to be marked as unread; what is read here takes it back from `unreadFrom` at once. */
  readonly markedFrom: number | null
  /** How far the user has read here that the server has not told yet; 0 when it has. */
  readonly toTell: number
  /** The same of what nobody else is to know. */
  readonly toTellPrivately: number
  /** Something happened that only the server can tell: it is asked again. */
  readonly stale: boolean
}

/** Which part of a conversation's messages is kept: everything after `from`, up to the stream's position. */
export interface WindowRow {
  readonly from: number
  /** There is nothing before it that this user may see. */
  readonly start: boolean
}

/** Why a message was refused for good. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
}

/** What a message says besides its body. */
export interface Beside {
  /** The id of the message that it answers. */
  readonly replyTo?: string | undefined
  /** Users that it mentions. */
  readonly mentions?: readonly string[] | undefined
}

/** What the user has said and the server has not answered yet. */
export interface OutboxRow {
  /** Its place in line: ascending within a client's storage. */
  readonly order: number
  readonly op: 'send' | 'edit' | 'delete'
  readonly conversationId: string
  /** Of the message that is sent; of the one that is edited or deleted when only that is known. */
  readonly clientMessageId: string | undefined
  readonly messageId: string | undefined
  /** What is sent; missing in a deletion. */
  readonly body: MessageBody | undefined
  /** What is said besides the body. */
  readonly beside?: Beside | undefined
  /** This device's clock, milliseconds. */
  readonly createdAt: number
  /** Refused for good; stays until the user tries again or discards it. */
  readonly failure: Failure | undefined
  /** Acknowledged, and its event has not come yet. */
  readonly sent: Sent | undefined
}

/** Whose rows these are, and in which form. */
export interface OwnerRow {
  readonly userId: string
  readonly format: number
}

/** What is known of the user's system notifications. */
export interface NotificationsRow {
  /** The newest ones, newest first. */
  readonly items: readonly NotificationItem[]
  readonly unread: number
  /** There are older ones. */
  readonly hasOlder: boolean
  /** Events of the user's own stream up to here are part of this row. */
  readonly countedTo: number
  /** Something happened that only the server can tell: it is asked again. */
  readonly stale: boolean
}

/** One change of what a client knows. What changes together is kept together. */
export type RowChange =
  | { readonly table: 'owner'; readonly row: OwnerRow }
  | { readonly table: 'mark'; readonly row: Mark }
  | { readonly table: 'listed'; readonly row: boolean }
  | { readonly table: 'notifications'; readonly row: NotificationsRow }
  | { readonly table: 'position'; readonly id: string; readonly row: Position | undefined }
  | {
      readonly table: 'conversation'
      readonly id: string
      readonly row: ConversationRow | undefined
    }
  | { readonly table: 'window'; readonly id: string; readonly row: WindowRow | undefined }
  | { readonly table: 'message'; readonly id: string; readonly row: Message }
  /** Takes the place of the same message as it was; one that is not kept stays out. */
  | { readonly table: 'edit'; readonly id: string; readonly row: Message }
  /** Drops a conversation's messages up to a seq. */
  | { readonly table: 'messages'; readonly id: string; readonly upTo: number }
  /** Takes one message out. */
  | { readonly table: 'gone'; readonly id: string; readonly seq: number }
  /** The user has hidden the message there, whenever it comes. */
  | { readonly table: 'hidden'; readonly id: string; readonly seq: number }
  /** None is hidden in the conversation, as far as is known. */
  | { readonly table: 'shown'; readonly id: string }
  | ReactionChange
  /** Drops the reactions to a conversation's messages between two seqs, both included. */
  | {
      readonly table: 'reactions'
      readonly id: string
      readonly from: number
      readonly upTo: number
    }
  | { readonly table: 'members'; readonly id: string; readonly row: readonly Member[] | undefined }
  | { readonly table: 'outbox'; readonly id: number; readonly row: OutboxRow | undefined }

/** How many have given a reaction, or (0 or 1) whether the user has. Each is kept by itself, since events tell no more. */
export interface ReactionChange {
  readonly table: 'reaction'
  readonly id: string
  readonly seq: number
  readonly reaction: string
  readonly field: 'count' | 'own'
  readonly value: number
}

/** Drops a conversation's messages up to a seq, and what is kept of them. */
export function dropped(id: string, upTo: number = Number.MAX_SAFE_INTEGER): RowChange[] {
  return [
    { table: 'messages', id, upTo },
    { table: 'reactions', id, from: 0, upTo },
  ]
}

/** Changes without those of a conversation's row that a later one takes back: a busy one changes with each message. */
export function lastOfEach(changes: readonly RowChange[]): readonly RowChange[] {
  if (changes.filter(({ table }) => table === 'conversation').length < 2) return changes
  const later = new Set<string>()
  // It grows with each that is new.
  const isLast = (change: RowChange): boolean =>
    change.table !== 'conversation' || later.size < later.add(change.id).size
  return [...changes].reverse().filter(isLast).reverse()
}

/** How a change is kept. */
export function toStorage(change: RowChange): StorageChange {
  switch (change.table) {
    case 'owner':
    case 'mark':
    case 'listed':
    case 'notifications':
      return { kind: 'put', key: keys[change.table], value: change.row }
    case 'position':
    case 'conversation':
    case 'window':
    case 'members':
      return putOrDelete(keys[change.table](change.id), change.row)
    case 'outbox':
      return putOrDelete(keys.outbox(change.id), change.row)
    case 'message':
      return { kind: 'put', key: keys.message(change.id, change.row.seq), value: change.row }
    case 'edit':
      return { kind: 'replace', key: keys.message(change.id, change.row.seq), value: change.row }
    case 'messages':
      return {
        kind: 'deleteRange',
        from: keys.message(change.id, 0),
        to: keys.message(change.id, Math.min(change.upTo + 1, Number.MAX_SAFE_INTEGER)),
      }
    case 'gone':
      return { kind: 'delete', key: keys.message(change.id, change.seq) }
    case 'hidden':
      return { kind: 'put', key: keys.hidden(change.id, change.seq), value: true }
    case 'shown':
      return { kind: 'deleteRange', ...hiddenRange(change.id) }
    case 'reaction': {
      const { value } = change
      return putOrDelete(keys.reaction(change), value === 0 ? undefined : value)
    }
    case 'reactions':
      return { kind: 'deleteRange', ...reactionRange(change.id, change) }
  }
}

function putOrDelete(key: string, value: unknown): StorageChange {
  return value === undefined ? { kind: 'delete', key } : { kind: 'put', key, value }
}
