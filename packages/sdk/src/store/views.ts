import type { Kinds, Message, TidingsError } from '@tidings/protocol/wire'
import type { BodyCheck } from '../kinds.ts'
import type { Readable } from '../readable.ts'
import type { Subjects } from '../subjects.ts'
import {
  isSameList,
  stateOf,
  toItem,
  toLocalItem,
  type ConversationItem,
  type MessageItem,
} from './items.ts'
import type { LocalStore } from './local-store.ts'
import type { ConversationRow, OutboxRow } from './rows.ts'

/** The messages of one conversation that are at hand. */
export interface MessageListState<K extends Kinds> {
  /** The oldest first; what is not sent yet last. */
  readonly items: readonly MessageItem<K>[]
  /** There may be older ones: `loadOlder` brings them. */
  readonly hasOlder: boolean
  readonly loading: boolean
  /** Why the last page could not be had. */
  readonly error: TidingsError | undefined
}

/** The user's conversations. */
export interface ConversationList<K extends Kinds> {
  /** The most recently active one first. */
  readonly items: readonly ConversationItem<K>[]
  /** False while the server's list is still being fetched for the first time. */
  readonly complete: boolean
}

/** A view that computes its value when it is asked for, and keeps it until its subject is touched. */
export function view<T>(
  subjects: Subjects,
  subject: string,
  compute: (before: T | undefined) => T,
): Readable<T> {
  let known: { readonly version: number; readonly value: T } | undefined
  return {
    get() {
      const version = subjects.version(subject)
      if (known?.version !== version) known = { version, value: compute(known?.value) }
      return known.value
    },
    subscribe: (listener) => subjects.subscribe(subject, listener),
  }
}

/** A view that has something done while somebody looks. */
export function watched<T>(
  readable: Readable<T>,
  watch: () => () => void,
  later: (run: () => void) => void,
): Readable<T> {
  let count = 0
  let stop: (() => void) | undefined
  return {
    get: () => readable.get(),
    subscribe(listener) {
      count += 1
      stop ??= watch()
      const unsubscribe = readable.subscribe(listener)
      let isActive = true
      return () => {
        if (!isActive) return
        isActive = false
        unsubscribe()
        count -= 1
        // Who goes and comes back at once has not gone.
        later(() => {
          if (count > 0) return
          stop?.()
          stop = undefined
        })
      }
    },
  }
}

interface Shown<K extends Kinds> {
  readonly item: MessageItem<K>
  readonly change: OutboxRow | undefined
}

/** Makes items of rows; the same item as long as it shows the same. */
export class Items<K extends Kinds> {
  readonly #local: LocalStore
  readonly #bodies: BodyCheck<K>
  readonly #messages = new WeakMap<Message, Shown<K>>()
  readonly #unsent = new WeakMap<OutboxRow, MessageItem<K>>()
  readonly #conversations = new WeakMap<ConversationRow, ConversationItem<K>>()
  /** What was shown last of each conversation: much of a row changes without being shown. */
  readonly #shown = new Map<string, ConversationItem<K>>()

  constructor(local: LocalStore, bodies: BodyCheck<K>) {
    this.#local = local
    this.#bodies = bodies
  }

  messages(conversationId: string, before: MessageListState<K> | undefined): MessageListState<K> {
    const { tables, history } = this.#local
    const rows = tables.open.get(conversationId)?.rows ?? []
    const waiting = tables.outboxIn(conversationId)
    const changes = waiting.filter(({ op }) => op !== 'send')
    const conversation = tables.conversations.get(conversationId)
    const items = [
      ...rows.map((row) => this.#message(row, conversation, changes)),
      ...waiting.filter(({ op }) => op === 'send').map((row) => this.#waiting(row)),
    ]
    const isSame = before !== undefined && isSameList(items, before.items)
    const hasOlder = history.hasOlder(conversationId)
    const paging = history.pagingOf(conversationId)
    const state = { items: isSame ? before.items : items, hasOlder, ...paging }
    return before !== undefined && isSameState(before, state) ? before : state
  }

  conversation(row: ConversationRow): ConversationItem<K> {
    const lastMessage = this.#last(row)
    const known = this.#conversations.get(row)
    if (known !== undefined && known.lastMessage === lastMessage) return known
    const { id, kind, name, peer, role, joinPolicy, history } = row
    const { barredUntil, memberCount, unread, unreadFrom, activeAt, createdAt, readSeq, head } = row
    const { data, preference, unreadMentions } = row
    const item: ConversationItem<K> = {
      ...{ id, kind, name, peer, role, joinPolicy, history },
      ...{ memberCount, unread, unreadFrom, activeAt, createdAt, readSeq, head, lastMessage },
      ...{ data, preference, barredUntil, unreadMentions },
    }
    const before = this.#shown.get(id)
    const same = before !== undefined && isSameItem(item, before) ? before : item
    this.#conversations.set(row, same)
    this.#shown.set(id, same)
    return same
  }

  conversations(before: ConversationList<K> | undefined): ConversationList<K> {
    const { tables } = this.#local
    const items: ConversationItem<K>[] = []
    for (const row of tables.conversations.values())
      if (!row.hidden) items.push(this.conversation(row))
    items.sort(byPlace)
    const complete = tables.listed
    if (before === undefined || !isSameList(items, before.items)) return { items, complete }
    return before.complete === complete ? before : { items: before.items, complete }
  }

  #last(row: ConversationRow): MessageItem<K> | undefined {
    const waiting = this.#local.tables.outboxIn(row.id)
    const local = waiting.findLast(({ op }) => op === 'send')
    if (local !== undefined) return this.#waiting(local)
    if (row.lastMessage === null) return undefined
    const changes = waiting.filter(({ op }) => op !== 'send')
    return this.#message(row.lastMessage, row, changes)
  }

  #message(
    message: Message,
    conversation: ConversationRow | undefined,
    changes: readonly OutboxRow[],
  ): MessageItem<K> {
    const { userId } = this.#local.tables
    const context = { bodies: this.#bodies, userId, conversation, changes }
    const known = this.#messages.get(message)
    const isOwn = message.senderId === userId
    const state = isOwn ? stateOf(message.seq, conversation) : 'received'
    if (known !== undefined && known.item.state === state) {
      const isUnchanged = changes.length === 0 && known.change === undefined
      if (isUnchanged) return known.item
    }
    const { item, change } = toItem(message, context)
    if (known !== undefined && known.item.state === state && known.change === change)
      return known.item
    this.#messages.set(message, { item, change })
    return item
  }

  #waiting(row: OutboxRow): MessageItem<K> {
    const { tables } = this.#local
    const isSending = tables.sending.get(row.order) !== undefined
    const known = this.#unsent.get(row)
    if (known !== undefined && (known.state === 'sending') === isSending) return known
    const item = toLocalItem(row, { bodies: this.#bodies, isSending, userId: tables.userId })
    this.#unsent.set(row, item)
    return item
  }
}

/** Those that are pinned first, the one that was pinned last before the others. */
function byPlace<K extends Kinds>(one: ConversationItem<K>, other: ConversationItem<K>): number {
  const pinned = (other.preference.pinnedAt ?? 0) - (one.preference.pinnedAt ?? 0)
  return pinned || byActivity(one, other)
}

function byActivity<K extends Kinds>(one: ConversationItem<K>, other: ConversationItem<K>): number {
  const byTimes = activityOf(other) - activityOf(one) || other.createdAt - one.createdAt
  return byTimes || (one.id < other.id ? -1 : 1)
}

/** What has not been sent yet has the time of this device. */
function activityOf<K extends Kinds>({ activeAt, lastMessage }: ConversationItem<K>): number {
  const isLocal = lastMessage !== undefined && lastMessage.seq === undefined
  return isLocal ? Math.max(activeAt, lastMessage.createdAt) : activeAt
}

function isSameItem<K extends Kinds>(
  one: ConversationItem<K>,
  other: ConversationItem<K>,
): boolean {
  const { lastMessage, ...rest } = one
  if (lastMessage !== other.lastMessage) return false
  const values = new Map<string, unknown>(Object.entries(other))
  return Object.entries(rest).every(([name, value]) => isSame(value, values.get(name)))
}

/** A snapshot brings the same person, and the same JSON, as another object. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other))
}

function isSameState<K extends Kinds>(
  one: MessageListState<K>,
  other: MessageListState<K>,
): boolean {
  return (
    one.items === other.items &&
    one.hasOlder === other.hasOlder &&
    one.loading === other.loading &&
    one.error === other.error
  )
}
