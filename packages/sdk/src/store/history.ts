import { TidingsError, type Event, type Message } from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'
import { toTidingsError } from '../errors.ts'
import type { ClientStorage } from '../storage.ts'
import { isAbout, reactedSince, withEdits, type EventAbout } from './meanwhile.ts'
import { createOpenMessages, extendBack } from './messages.ts'
import { windowOf } from './changed.ts'
import type { RowChange } from './rows.ts'
import { readMessages, toChanges } from './stored-messages.ts'
import type { Tables } from './tables.ts'

export interface HistoryOptions {
  readonly rpc: Rpc
  readonly tables: Tables
  readonly storage: ClientStorage
  /** Resolves when what was changed so far can be read back. */
  readonly written: () => Promise<void>
  readonly commit: (changes: readonly RowChange[]) => void
  /** The state of a conversation's paging has changed. */
  readonly touch: (conversationId: string) => void
}

/** Where the paging of a conversation stands. */
export interface Paging {
  readonly loading: boolean
  readonly error: TidingsError | undefined
}

const REST: Paging = { loading: false, error: undefined }

/** Messages that are read at once. */
const PAGE = 50

/**
 * Brings messages of the conversations that are looked at into memory: from the storage, and what it does not have from
 * the server. What is kept is always one piece without a hole that reaches to the newest message.
 */
export class History {
  readonly #options: HistoryOptions
  readonly #paging = new Map<string, Paging>()
  readonly #underWay = new Map<string, Promise<void>>()
  /** What has happened to messages since a page was asked for, by question. */
  readonly #records = new Set<EventAbout[]>()
  /** Present while somebody else asks the server and keeps the answer: has him do it. */
  fetchElsewhere: ((conversationId: string, from: number) => Promise<unknown>) | undefined
  #isUp = false

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  pagingOf(conversationId: string): Paging {
    return this.#paging.get(conversationId) ?? REST
  }

  /** True while there may be older messages than those in memory. */
  hasOlder(conversationId: string): boolean {
    const { tables } = this.#options
    // Nothing of it would be kept: whoever asked on would ask for ever.
    if (this.#isGone(conversationId)) return false
    const open = tables.open.get(conversationId)
    const { from, start } = windowOf(tables, conversationId)
    return open === undefined || open.from > from || !start
  }

  /** Somebody looks at the conversation: its newest messages are wanted. */
  show(conversationId: string): void {
    const { tables } = this.#options
    if (tables.open.has(conversationId)) return
    tables.open.set(conversationId, createOpenMessages())
    this.look(conversationId)
  }

  /** Nobody looks at it any more. */
  hide(conversationId: string): void {
    this.#options.tables.open.delete(conversationId)
    this.#paging.delete(conversationId)
  }

  /** There is a connection, and everything missed has been told. */
  up(): void {
    this.#isUp = true
    for (const id of this.#options.tables.open.keys()) this.look(id)
  }

  down(): void {
    this.#isUp = false
  }

  told(event: Event): void {
    if (!isAbout(event)) return
    for (const record of this.#records) record.push(event)
  }

  /** A first screen of messages, as soon as it can be had. Failures stand in the paging's state. */
  look(conversationId: string): void {
    const { tables } = this.#options
    const open = tables.open.get(conversationId)
    if (open === undefined || !this.hasOlder(conversationId)) return
    const isFromServer = open.from <= windowOf(tables, conversationId).from
    if (open.rows.length >= PAGE || (isFromServer && !this.#isUp)) return
    const before = open.from
    this.older(conversationId).then(
      () => {
        if (tables.open.get(conversationId) === open && open.from !== before)
          this.look(conversationId)
      },
      () => undefined,
    )
  }

  /**
   * One page further back.
   * @throws TidingsError what the server answers, NETWORK when it cannot be asked
   */
  older(conversationId: string): Promise<void> {
    const known = this.#underWay.get(conversationId)
    if (known !== undefined) return known
    this.#set(conversationId, { loading: true, error: undefined })
    const loading = this.#older(conversationId).then(
      () => this.#set(conversationId, REST),
      (thrown: unknown) => {
        const error = toTidingsError(thrown)
        this.#set(conversationId, { loading: false, error })
        throw error
      },
    )
    const done = loading.finally(() => this.#underWay.delete(conversationId))
    this.#underWay.set(conversationId, done)
    return done
  }

  /** It is not the user's any more. */
  #isGone(conversationId: string): boolean {
    const { tables } = this.#options
    return tables.listed && !tables.conversations.has(conversationId)
  }

  #set(conversationId: string, paging: Paging): void {
    if (!this.#options.tables.open.has(conversationId)) return
    this.#paging.set(conversationId, paging)
    this.#options.touch(conversationId)
  }

  async #older(conversationId: string): Promise<void> {
    const { tables } = this.#options
    const open = tables.open.get(conversationId)
    const { from, start } = windowOf(tables, conversationId)
    if (open === undefined || open.from > from) await this.#fromStorage(conversationId)
    else if (!start && this.fetchElsewhere === undefined) await this.fetch(conversationId, from)
    else if (!start) {
      await this.fetchElsewhere?.(conversationId, from)
      await this.#fromStorage(conversationId)
    }
  }

  async #fromStorage(conversationId: string): Promise<void> {
    const { tables, storage, written } = this.#options
    await written()
    const open = tables.open.get(conversationId)
    if (open === undefined) return
    const { from } = windowOf(tables, conversationId)
    const upTo = Math.min(open.from, Number.MAX_SAFE_INTEGER - 1)
    const since: EventAbout[] = []
    this.#records.add(since)
    try {
      const range = { after: from, upTo, limit: PAGE }
      const { messages, reactions } = await readMessages(storage, conversationId, range)
      // A reset meanwhile has dropped what was read.
      const isDropped = windowOf(tables, conversationId).from !== from
      if (isDropped || tables.open.get(conversationId) !== open) return
      const oldest = messages.length < PAGE ? undefined : messages.at(-1)
      const rows = this.#shown(conversationId, withEdits(messages, since))
      extendBack(open, rows, oldest === undefined ? from : oldest.seq - 1)
      for (const change of [...reactions, ...reactedSince(tables, since)]) tables.apply(change)
    } finally {
      this.#records.delete(since)
    }
  }

  /** Those that the user has not hidden. */
  #shown(conversationId: string, messages: readonly Message[]): readonly Message[] {
    const hidden = this.#options.tables.hidden.get(conversationId)
    return hidden === undefined ? messages : messages.filter(({ seq }) => !hidden.has(seq))
  }

  /**
   * Asks the server for the page before what is kept, and keeps it too. What is kept must begin after `from`, also when
   * the answer comes.
   * @throws TidingsError as `older`
   */
  async fetch(conversationId: string, from: number): Promise<void> {
    const { rpc, tables, commit } = this.#options
    if (!this.#isUp) throw new TidingsError('NETWORK')
    const since: EventAbout[] = []
    this.#records.add(since)
    try {
      const { items: messages, next } = await rpc('message.list', {
        conversationId,
        before: from + 1,
        limit: PAGE,
      })
      if (windowOf(tables, conversationId).from !== from || this.#isGone(conversationId)) return
      const oldest = messages.at(-1)
      const isStart = next === null || oldest === undefined
      const reached = isStart ? 0 : oldest.seq - 1
      // He may have hidden it since.
      const { clearedSeq = 0 } = tables.conversations.get(conversationId) ?? {}
      const edited = withEdits(messages, since).filter(({ seq }) => seq > clearedSeq)
      const rows = this.#shown(conversationId, edited)
      const open = tables.open.get(conversationId)
      if (open?.from === from) open.from = reached
      commit([
        ...rows.flatMap(toChanges),
        { table: 'window', id: conversationId, row: { from: reached, start: isStart } },
      ])
      // Now that the window covers them.
      const changes = reactedSince(tables, since)
      if (changes.length > 0) commit(changes)
    } finally {
      this.#records.delete(since)
    }
  }
}
