import { LIMITS, type Event, type ReceiptKind, type Signal } from '@tidings/protocol/wire'
import type { Mark, Position, SavedSync } from '@tidings/protocol/sync'
import type { Environment } from '../environment.ts'
import type { Rpc } from '../rpc.ts'
import type { ClientStorage } from '../storage.ts'
import { Topics } from '../topics.ts'
import { Writer } from '../writer.ts'
import { readUpTo } from './conversation.ts'
import { History } from './history.ts'
import { Inbox } from './inbox.ts'
import { FORMAT, readOwner, readRows } from './loaded.ts'
import { PresenceTable } from './presence.ts'
import { aroundOf, changesOf, resetChanges, windowOf } from './reduce.ts'
import { Roster } from './roster.ts'
import { toStorage, type OutboxRow, type RowChange } from './rows.ts'
import { TypingTable } from './signals.ts'
import { Tables } from './tables.ts'

export interface LocalStoreOptions {
  readonly rpc: Rpc
  readonly storage: ClientStorage
  readonly environment: Environment
  /** Newest messages of a conversation that are kept. */
  readonly messagesKept: number
  /** Who is signed in; undefined for nobody. */
  readonly identify: () => Promise<string | undefined>
  /** Marks that the server should know, repeated until it does. */
  readonly mark: (kind: ReceiptKind, conversationId: string, seq: number) => void
  /** What an earlier run of the program has not got through. */
  readonly onLoaded: (outbox: readonly OutboxRow[]) => void
  /** Told of every change before it is kept. `isStep`: it is what the events told since the last step have led to. */
  readonly onRows?: ((changes: readonly RowChange[], isStep: boolean) => void) | undefined
  readonly onError: (thrown: unknown) => void
}

/** What one step of the sync engine has brought. */
export interface StepResult {
  readonly positions: ReadonlyMap<string, Position | undefined>
  readonly mark: Mark | undefined
}

/**
 * What a client knows: applies what it is told to the tables, keeps it, and tells the views. Everything that one step
 * brings, its position included, is kept together.
 */
export class LocalStore {
  readonly topics: Topics
  readonly tables: Tables
  readonly history: History
  readonly roster: Roster
  readonly typing: TypingTable
  readonly presence: PresenceTable
  readonly #options: LocalStoreOptions
  readonly #inbox: Inbox
  readonly #writer: Writer
  #step: RowChange[] = []
  /** Up to where messages of others have come in this step, by conversation. */
  #received = new Map<string, number>()
  /** Present while somebody else keeps what is known: asks him for it. */
  loadElsewhere: (() => Promise<void>) | undefined
  #loading: Promise<void> | undefined
  #era = 0

  constructor(options: LocalStoreOptions) {
    const { rpc, storage, environment, onError } = options
    this.#options = options
    this.topics = new Topics(onError)
    this.tables = new Tables(this.topics)
    this.typing = new TypingTable(environment, this.topics)
    this.presence = new PresenceTable(rpc, this.topics)
    this.#writer = new Writer({ storage, environment, onError })
    const { tables } = this
    const commit = (changes: readonly RowChange[]): void => this.commit(changes)
    const written = (): Promise<void> => this.written()
    this.#inbox = new Inbox({ rpc, tables, commit, onError })
    this.roster = new Roster({ rpc, tables, storage, written, commit, onError })
    const touch = (id: string): void => this.#touch(`messages/${id}`)
    this.history = new History({ rpc, tables, storage, written, commit, touch })
  }

  /** Reads what was kept, once. Without a user there is nothing to read. */
  load(): Promise<void> {
    if (this.loadElsewhere !== undefined) return this.loadElsewhere()
    this.#loading ??= this.#load().catch((thrown: unknown) => {
      this.#loading = undefined
      throw thrown
    })
    return this.#loading
  }

  get saved(): SavedSync {
    return { mark: this.tables.mark, positions: this.tables.positions }
  }

  /** An event of the step under way. */
  told(event: Event): void {
    this.#apply(changesOf(event, this.tables))
    for (const part of [this.#inbox, this.history, this.roster]) part.told(event)
    if (event.type !== 'message.created') return
    const { conversationId, senderId, seq } = event.body.message
    this.typing.end(conversationId, senderId)
    if (senderId !== this.tables.userId) this.#received.set(conversationId, seq)
    this.#trim(conversationId, seq)
  }

  /** A stream starts anew in the step under way. */
  restarted(stream: string, position: Position | undefined): void {
    this.#apply(resetChanges(this.tables, stream, position))
  }

  /** The step is complete. */
  commitStep({ positions, mark }: StepResult): void {
    for (const [id, row] of positions) this.#apply([{ table: 'position', id, row }])
    if (mark !== undefined) this.#apply([{ table: 'mark', row: mark }])
    const step = this.#step
    const received = this.#received
    this.#step = []
    this.#received = new Map()
    this.#options.onRows?.(step, true)
    this.#write(step, received.size === 0 ? undefined : () => this.#delivered(received))
    this.#look(step)
  }

  /** Changes that belong to no step. `settled` is called as by `Writer.write`. */
  commit(changes: readonly RowChange[], settled?: () => void): void {
    for (const change of changes) this.tables.apply(change)
    this.#options.onRows?.(changes, false)
    this.#write(changes, settled)
    this.#look(changes)
  }

  /** Changes that somebody else has made and keeps. */
  hear(changes: readonly RowChange[]): void {
    for (const change of changes) this.tables.apply(change)
    this.topics.flush()
    this.#look(changes)
  }

  signalled(signal: Signal): void {
    if (signal.type === 'presence.changed') this.presence.told(signal)
    else this.typing.told(signal)
    this.topics.flush()
  }

  /** There is a connection, and everything missed has been told. */
  up(): void {
    const { tables } = this
    for (const row of tables.conversations.values()) {
      if (row.readSeq > row.markedSeq) this.#options.mark('read', row.id, row.readSeq)
      const last = row.lastMessage
      const hasCome = last !== null && last.seq > windowOf(tables, row.id).from
      if (hasCome && last.senderId !== tables.userId) this.#deliver(row.id, last.seq)
    }
    for (const part of [this.#inbox, this.history, this.roster, this.presence]) part.up()
  }

  down(): void {
    for (const part of [this.#inbox, this.history, this.roster, this.presence]) part.down()
    this.typing.clear()
    this.topics.flush()
  }

  /** The user has seen everything up to a seq; without one, everything that is here. */
  read(conversationId: string, seq: number | undefined): number | undefined {
    const row = this.tables.conversations.get(conversationId)
    const upTo = seq ?? row?.head
    if (row === undefined || upTo === undefined) return upTo
    const after = readUpTo(row, Math.min(upTo, row.head), aroundOf(this.tables, conversationId))
    if (after !== row) this.commit([{ table: 'conversation', id: conversationId, row: after }])
    return upTo
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    this.forget()
    await this.#writer.clear()
  }

  /** Forgets what is in memory. */
  forget(): void {
    this.#era += 1
    this.#loading = undefined
    this.#step = []
    this.#received = new Map()
    this.#inbox.clear()
    const shown = [...this.tables.open.keys()]
    this.tables.clear()
    for (const id of shown) this.history.show(id)
    this.down()
  }

  /** What is in memory is what is kept, but for some changes: nothing need be read. */
  takeOver(unkept: readonly RowChange[]): void {
    this.#loading = Promise.resolve()
    this.#write(unkept)
    this.#options.onLoaded([...this.tables.outbox.values()])
  }

  /** Resolves when everything is kept, or the storage did not take it. */
  finish(): Promise<void> {
    return this.#writer.finish()
  }

  async #load(): Promise<void> {
    const { identify, storage, onLoaded } = this.#options
    const era = this.#era
    const userId = await identify()
    if (userId === undefined) {
      this.#loading = undefined
      return
    }
    const isOwn = (await readOwner(storage)) === userId
    const rows = isOwn ? await readRows(storage) : []
    if (!isOwn) await storage.clear()
    if (era !== this.#era) return
    this.commit([{ table: 'owner', row: { userId, format: FORMAT } }])
    for (const row of rows) this.tables.apply(row)
    this.#options.onRows?.(rows, false)
    this.topics.touch('user')
    for (const id of this.tables.open.keys()) this.history.look(id)
    this.topics.flush()
    onLoaded([...this.tables.outbox.values()])
  }

  #apply(changes: readonly RowChange[]): void {
    for (const change of changes) {
      this.tables.apply(change)
      this.#step.push(change)
    }
  }

  #write(changes: readonly RowChange[], settled?: () => void): void {
    if (changes.length > 0) this.#writer.write(changes.map(toStorage), settled)
    this.topics.flush()
  }

  /** Asks for what the changes have left open. */
  #look(changes: readonly RowChange[]): void {
    for (const change of changes) {
      if (change.table === 'conversation') this.#inbox.look(change.row)
      if (change.table === 'members' && change.row === undefined) this.roster.look(change.id)
      if (change.table === 'messages') this.history.look(change.id)
      // It may be shown already, when it has only now become known.
      const isShown = change.table === 'conversation' && change.row !== undefined
      if (isShown && this.history.pagingOf(change.id).error === undefined)
        this.history.look(change.id)
      if (change.table === 'listed' && !change.row) this.#inbox.list()
    }
  }

  #trim(id: string, seq: number): void {
    const { messagesKept } = this.#options
    const { tables } = this
    const from = seq - messagesKept
    if (tables.open.has(id) || from - windowOf(tables, id).from <= messagesKept) return
    this.#apply([
      { table: 'messages', id, upTo: from },
      { table: 'window', id, row: { from, start: false } },
    ])
  }

  #delivered(received: ReadonlyMap<string, number>): void {
    for (const [conversationId, seq] of received) this.#deliver(conversationId, seq)
  }

  #deliver(conversationId: string, seq: number): void {
    const row = this.tables.conversations.get(conversationId)
    if (row !== undefined && (row.deliveredSeq >= seq || row.memberCount > LIMITS.receiptMembers))
      return
    this.#options.mark('delivered', conversationId, seq)
  }

  #touch(topic: string): void {
    this.topics.touch(topic)
    this.topics.flush()
  }

  /** Resolves when what was changed so far can be read back. */
  written(): Promise<void> {
    return new Promise((resolve) => this.#writer.write([], resolve))
  }
}
