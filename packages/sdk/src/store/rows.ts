import type {
  Conversation,
  ErrorCode,
  Member,
  Message,
  MessageBody,
  Sent,
} from '@tidings/protocol/wire'
import type { Mark, Position } from '@tidings/protocol/sync'
import type { StorageChange } from '../storage.ts'
import { keys } from './keys.ts'

/** A conversation as the server last described it, brought up to date by every event since. */
export interface ConversationRow extends Conversation {
  /** Events of the messages stream up to here are part of this row; an earlier one changes nothing any more. */
  readonly countedTo: number
  /** How far the server knows that the user has read; `readSeq` may be ahead of it. */
  readonly markedSeq: number
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

/** One change of what a client knows. What changes together is kept together. */
export type RowChange =
  | { readonly table: 'owner'; readonly row: OwnerRow }
  | { readonly table: 'mark'; readonly row: Mark }
  | { readonly table: 'listed'; readonly row: boolean }
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
  | { readonly table: 'members'; readonly id: string; readonly row: readonly Member[] | undefined }
  | { readonly table: 'outbox'; readonly id: number; readonly row: OutboxRow | undefined }

/** Changes without those of a conversation's row that a later one takes back: a busy one changes with each message. */
export function lastOfEach(changes: readonly RowChange[]): RowChange[] {
  const later = new Set<string>()
  const isLast = (change: RowChange): boolean => {
    if (change.table !== 'conversation') return true
    const isNew = !later.has(change.id)
    later.add(change.id)
    return isNew
  }
  return [...changes].reverse().filter(isLast).reverse()
}

/** How a change is kept. */
export function toStorage(change: RowChange): StorageChange {
  switch (change.table) {
    case 'owner':
    case 'mark':
    case 'listed':
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
  }
}

function putOrDelete(key: string, value: unknown): StorageChange {
  return value === undefined ? { kind: 'delete', key } : { kind: 'put', key, value }
}
