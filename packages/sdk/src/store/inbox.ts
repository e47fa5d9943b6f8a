import {
  isTidingsError,
  type Conversation,
  type Event,
  CLIENT_LIMITS,
} from '@tidings/protocol/wire'
import type { Environment } from '../environment.ts'
import type { Rpc } from '../rpc.ts'
import { unreadAfter, withPending } from './marks.ts'
import { aroundOf, conversationIdOf } from './changed.ts'
import { clearedOf, forgotten, replay } from './reduce.ts'
import { withMembers } from './receipts.ts'
import { Retry } from './retry.ts'
import type { ConversationRow, RowChange } from './rows.ts'
import type { Tables } from './tables.ts'

export interface InboxOptions {
  readonly rpc: Rpc
  readonly tables: Tables
  readonly commit: (changes: readonly RowChange[]) => void
  readonly environment: Environment
  /** What was asked for could not be had. What may pass is asked for again. */
  readonly onError: (thrown: unknown) => void
}

/**
 * Asks the server for conversations: all of them once, and a single one whenever something has happened to it that its
 * events do not tell. Whatever happens between the question and the answer is applied to the answer.
 */
export class Inbox {
  readonly #options: InboxOptions
  /** Events since a question was asked, by question. */
  readonly #records = new Set<Event[]>()
  readonly #asking = new Set<string>()
  #listing = false
  readonly #retry: Retry
  #isUp = false
  /** Answers to an earlier user's questions are dropped. */
  #era = 0

  constructor(options: InboxOptions) {
    this.#options = options
    this.#retry = new Retry({ ...options, ask: () => this.up() })
  }

  /** There is a connection, and everything missed has been told. */
  up(): void {
    this.#isUp = true
    const { tables } = this.#options
    this.list()
    for (const row of tables.conversations.values()) this.look(row)
  }

  down(): void {
    this.#isUp = false
    this.#retry.down()
  }

  /** Asks for all of them, unless they are here. */
  list(): void {
    if (this.#isUp && !this.#options.tables.listed) void this.#list()
  }

  clear(): void {
    this.#era += 1
    this.down()
    this.#asking.clear()
    this.#records.clear()
  }

  told(event: Event): void {
    for (const record of this.#records) record.push(event)
  }

  /** Asks for a conversation whose row is out of date. */
  look(row: ConversationRow | undefined): void {
    if (row?.stale === true && this.#isUp && !this.#listing && !this.#asking.has(row.id))
      void this.#get(row.id)
  }

  async #get(conversationId: string): Promise<void> {
    const { rpc, tables, commit } = this.#options
    this.#asking.add(conversationId)
    await this.#ask(
      () => rpc('conversation.get', { conversationId }),
      (conversation, since) => commit(this.#adopt(conversation, since)),
      (thrown, since) => {
        if (!isTidingsError(thrown) || thrown.code !== 'NOT_FOUND') return false
        // He has come back since: the answer is older than that.
        if (since.some((event) => isComing(event, conversationId))) return true
        commit(forgotten(tables, conversationId))
        return true
      },
    )
    this.#asking.delete(conversationId)
    const row = tables.conversations.get(conversationId)
    // Something has happened meanwhile that only a younger answer tells.
    if (row?.stale === true && this.#isUp) this.look(row)
  }

  /** Page by page: first those that were active last, which are looked at first, and then all as they were made. */
  async #list(): Promise<void> {
    if (this.#listing) return
    this.#listing = true
    const era = this.#era
    const seen = new Set<string>()
    // Whoever closes the client as soon as he has what he came for need not be answered this first.
    await Promise.resolve()
    let cursor: string | undefined
    let order: 'activity' | 'creation' = 'activity'
    while (this.#isUp && era === this.#era && !this.#options.tables.listed) {
      const { rpc, commit } = this.#options
      const isAnswered = await this.#ask(
        () =>
          rpc('conversation.list', {
            order,
            cursor,
            limit: CLIENT_LIMITS.pageSize,
            hidden: 'with',
          }),
        ({ items, next }, since) => {
          for (const { id } of items) seen.add(id)
          // By activity each page costs the server what all of them do.
          cursor = order === 'creation' ? (next ?? undefined) : undefined
          order = 'creation'
          const isDone = next === null
          const rows = items.flatMap((item) => this.#adopt(item, since))
          commit(isDone ? [...rows, ...this.#missing(seen), { table: 'listed', row: true }] : rows)
        },
        () => false,
      )
      if (!isAnswered) break
    }
    if (era !== this.#era) return
    this.#listing = false
    if (this.#isUp) for (const row of this.#options.tables.conversations.values()) this.look(row)
  }

  /** Those that the server has not named: gone, unless they came while it was listing. */
  #missing(seen: ReadonlySet<string>): RowChange[] {
    return [...this.#options.tables.conversations.values()]
      .filter(({ id }) => !seen.has(id))
      .map((row) => ({ table: 'conversation', id: row.id, row: { ...row, stale: true } }))
  }

  async #ask<Answer>(
    call: () => Promise<Answer>,
    take: (answer: Answer, since: readonly Event[]) => void,
    refused: (thrown: unknown, since: readonly Event[]) => boolean,
  ): Promise<boolean> {
    const era = this.#era
    const since: Event[] = []
    this.#records.add(since)
    try {
      const answer = await call()
      if (era !== this.#era) return false
      take(answer, since)
      this.#retry.answered()
      return true
    } catch (thrown) {
      if (era === this.#era && !refused(thrown, since)) this.#retry.failed(thrown, this.#isUp)
      return false
    } finally {
      this.#records.delete(since)
    }
  }

  /** The row of a snapshot, with what has happened since it was asked for and what only this device knows. */
  #adopt(snapshot: Conversation, since: readonly Event[]): RowChange[] {
    const { tables } = this.#options
    const { id, readSeq, unreadFrom, head } = snapshot
    const around = aroundOf(tables, id)
    const known = tables.conversations.get(id)
    const { toTell = 0, toTellPrivately = 0 } = known ?? {}
    const fresh = {
      ...{ ...snapshot, countedTo: head, answeredHead: head, countedFrom: unreadAfter(snapshot) },
      ...{ markedSeq: readSeq, markedFrom: unreadFrom },
      ...{ stale: false, toTell, toTellPrivately },
    }
    const row = since
      .filter((event) => conversationIdOf(event) === id)
      .reduce((known: ConversationRow, event) => replay(known, event, around), fresh)
    // The server does not know yet how far the user has read here; asking again would not help.
    const marked = { ...withPending(row, around), stale: row.stale }
    const members = tables.members.get(id)
    // Members at hand are level with what was told, and the answer may be of before that.
    const own = members === undefined ? marked : withMembers(marked, members, tables.userId)
    const isCleared = row.clearedSeq > (known?.clearedSeq ?? 0)
    const cleared = isCleared ? clearedOf(tables, id, row.clearedSeq) : []
    return [{ table: 'conversation', id, row: own }, ...cleared]
  }
}

/** The user has come into the conversation. */
function isComing({ type, body }: Event, conversationId: string): boolean {
  return type === 'conversation.added' && body.conversationId === conversationId
}
