import type { Member } from '@tidings/protocol/wire'
import type { Mark, Position } from '@tidings/protocol/sync'
import { SmallMap } from '../small-map.ts'
import type { Subjects } from '../subjects.ts'
import type { OpenMessages } from './messages.ts'
import type { ConversationRow, NotificationsRow, OutboxRow, RowChange, WindowRow } from './rows.ts'

/** What waits in one conversation. */
interface Waiting {
  /** In order. */
  readonly rows: SmallMap<number, OutboxRow>
  /** Orders of messages, by the user's own id of each. */
  readonly byId: SmallMap<string, number>
}

/** A change of what is in memory for those who look at a conversation. */
type PartChange = Exclude<
  RowChange,
  SingleChange | { table: 'position' | 'conversation' | 'outbox' | 'hidden' | 'shown' }
>

/** Of what there is once, whatever the conversation. */
type SingleChange = Extract<RowChange, { table: 'owner' | 'mark' | 'listed' | 'notifications' }>

/** Everything in a conversation that a view may show. */
const PARTS = ['conversation', 'messages', 'members'] as const

type Part = (typeof PARTS)[number]

/** The subjects that a conversation's parts are. */
type Names = { readonly id: string } & { readonly [Each in Part]: string }

function namesOf(id: string): Names {
  return {
    id,
    conversation: `conversation/${id}`,
    messages: `messages/${id}`,
    members: `members/${id}`,
  }
}

/**
 * What a client knows, in memory. Changes come as rows, whoever made them, and say whom they concern; messages and members
 * are here for the conversations that are being looked at, and for the others in the storage alone.
 */
export class Tables {
  readonly conversations: Map<string, ConversationRow> = new Map()
  readonly windows: Map<string, WindowRow> = new Map()
  /** Seqs of messages that the user has hidden, by conversation. */
  readonly hidden: Map<string, Set<number>> = new Map()
  readonly positions: Map<string, Position> = new Map()
  readonly open: Map<string, OpenMessages> = new Map()
  readonly members: Map<string, readonly Member[]> = new Map()
  /** In order. */
  readonly outbox: SmallMap<number, OutboxRow> = new SmallMap()
  /** Orders of what is in a call at this moment, by themselves. */
  readonly sending: SmallMap<number, number> = new SmallMap()
  /** Whose rows these are. */
  userId: string | undefined
  mark: Mark | undefined
  /** Every conversation of the user is here. */
  listed = false
  unread = 0
  /** Undefined until somebody has looked at them. */
  notifications: NotificationsRow | undefined
  /** The highest order that the outbox has had. */
  lastOrder = 0
  readonly #subjects: Subjects
  readonly #waiting = new SmallMap<string, Waiting>()
  /** Of the conversation touched last: most of what comes together is about one. */
  #names: Names = namesOf('')

  constructor(subjects: Subjects) {
    this.#subjects = subjects
  }

  apply(change: RowChange): void {
    switch (change.table) {
      case 'owner':
      case 'mark':
      case 'listed':
      case 'notifications':
        this.#setSingle(change)
        return
      case 'position':
        set(this.positions, change.id, change.row)
        return
      case 'conversation':
        this.#setConversation(change.id, change.row)
        return
      case 'outbox':
        this.#setOutbox(change.id, change.row)
        return
      case 'window':
      case 'message':
      case 'edit':
      case 'messages':
      case 'gone':
      case 'reaction':
      case 'reactions':
      case 'members':
        this.#setPart(change)
        return
      case 'hidden': {
        const seqs = this.hidden.get(change.id) ?? new Set()
        this.hidden.set(change.id, seqs.add(change.seq))
        return
      }
      case 'shown':
        this.hidden.delete(change.id)
    }
  }

  /** Says that a message has gone into a call, or has come out of it. */
  setSending(order: number, isSending: boolean): void {
    if (isSending) this.sending.set(order, order)
    else this.sending.delete(order)
    const row = this.outbox.get(order)
    if (row !== undefined) this.#touchMessages(row.conversationId)
  }

  /** What waits under the user's own id of a message. */
  outboxOf(conversationId: string, clientMessageId: string): OutboxRow | undefined {
    const order = this.#waiting.get(conversationId)?.byId.get(clientMessageId)
    return order === undefined ? undefined : this.outbox.get(order)
  }

  /** What waits in a conversation, in order. */
  outboxIn(conversationId: string): readonly OutboxRow[] {
    return this.#waiting.get(conversationId)?.rows.values() ?? []
  }

  /** Forgets everything. */
  clear(): void {
    for (const id of this.conversations.keys()) for (const part of PARTS) this.#touch(part, id)
    for (const id of this.open.keys()) this.#touch('messages', id)
    for (const { conversationId } of this.outbox.values()) this.#touch('messages', conversationId)
    for (const subject of ['conversations', 'unread', 'user', 'notifications'])
      this.#subjects.touch(subject)
    const { conversations, windows, hidden, positions, open, members } = this
    for (const table of [conversations, windows, hidden, positions, open, members]) table.clear()
    for (const table of [this.outbox, this.sending, this.#waiting]) table.clear()
    this.userId = undefined
    this.mark = undefined
    this.listed = false
    this.unread = 0
    this.notifications = undefined
  }

  #setSingle(change: SingleChange): void {
    switch (change.table) {
      case 'owner':
        this.userId = change.row.userId
        return
      case 'mark':
        this.mark = change.row
        return
      case 'listed':
        this.listed = change.row
        this.#subjects.touch('conversations')
        return
      case 'notifications':
        this.notifications = change.row
        this.#subjects.touch('notifications')
    }
  }

  #setConversation(id: string, row: ConversationRow | undefined): void {
    const before = this.conversations.get(id)?.unread ?? 0
    set(this.conversations, id, row)
    const more = (row?.unread ?? 0) - before
    this.unread += more
    if (more !== 0) this.#subjects.touch('unread')
    this.#subjects.touch('conversations')
    this.#touch('conversation', id)
    // Ticks are the marks of the others.
    this.#touch('messages', id)
  }

  #setOutbox(order: number, row: OutboxRow | undefined): void {
    const known = row ?? this.outbox.get(order)
    if (known === undefined) return
    set(this.outbox, order, row)
    this.lastOrder = Math.max(this.lastOrder, order)
    const { op, conversationId, clientMessageId } = known
    const waiting = this.#waiting.get(conversationId) ?? createWaiting()
    set(waiting.rows, order, row)
    if (op === 'send' && clientMessageId !== undefined)
      set(waiting.byId, clientMessageId, row === undefined ? undefined : order)
    set(this.#waiting, conversationId, waiting.rows.size === 0 ? undefined : waiting)
    this.#touchMessages(conversationId)
  }

  #setPart(change: PartChange): void {
    if (change.table === 'members') {
      set(this.members, change.id, change.row)
      this.#touch('members', change.id)
      return
    }
    if (change.table === 'window') set(this.windows, change.id, change.row)
    this.open.get(change.id)?.apply(change)
    this.#touch('messages', change.id)
  }

  #touchMessages(conversationId: string): void {
    this.#touch('messages', conversationId)
    this.#touch('conversation', conversationId)
    this.#subjects.touch('conversations')
  }

  #touch(part: Part, conversationId: string): void {
    if (this.#names.id !== conversationId) this.#names = namesOf(conversationId)
    this.#subjects.touch(this.#names[part])
  }
}

function createWaiting(): Waiting {
  return { rows: new SmallMap(), byId: new SmallMap() }
}

function set<Key, Value>(
  table: Map<Key, Value> | SmallMap<Key, Value>,
  key: Key,
  value: Value | undefined,
): void {
  if (value === undefined) table.delete(key)
  else table.set(key, value)
}
