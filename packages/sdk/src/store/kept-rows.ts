import type { Event, Message, Signal } from '@tidings/protocol/wire'
import type { Mark, Position, ResetReason, SavedSync } from '@tidings/protocol/sync'
import type { Environment } from '../environment.ts'
import type { MarkKind } from '../receipts.ts'
import type { Rpc } from '../rpc.ts'
import type { ClientStorage, StorageChange } from '../storage.ts'
import { Subjects } from '../subjects.ts'
import { Writer } from '../writer.ts'
import { FORMAT, readOwn } from './loaded.ts'
import { lastOfEach, toStorage, type OutboxRow, type RowChange } from './rows.ts'
import { Tables } from './tables.ts'

export interface KeptRowsOptions {
  readonly rpc: Rpc
  readonly storage: ClientStorage
  /** False when nobody reads after this client what it keeps: then it keeps what it reads itself. */
  readonly isLasting: boolean
  readonly environment: Environment
  /** Newest messages of a conversation that are kept. */
  readonly messagesKept: number
  /** Who is signed in; undefined for nobody. */
  readonly identify: () => Promise<string | undefined>
  /** Marks that the server should know, repeated until it does. */
  readonly mark: (kind: MarkKind, conversationId: string, seq: number) => void
  /** What an earlier run of the program has not got through. */
  readonly onLoaded: (outbox: readonly OutboxRow[]) => void
  /** Told of every change before it is kept. `isStep`: it is what the events told since the last step have led to. */
  readonly onRows?: ((changes: readonly RowChange[], isStep: boolean) => void) | undefined
  readonly onError: (thrown: unknown) => void
}

/** A stream, and how far it has been told; undefined when it is not the user's any more. */
export type PositionAt = readonly [stream: string, position: Position | undefined]

/** What one step of the sync engine has brought. */
export interface StepResult {
  /** In order: of several of one stream the last counts. */
  readonly positions: readonly PositionAt[]
  readonly mark: Mark | undefined
}

/**
 * What every client keeps: how far it has got, and what it has still to send. Everything that one step of the sync engine
 * brings is kept together. `LocalStore` keeps what is shown as well.
 */
export class KeptRows {
  readonly subjects: Subjects
  readonly tables: Tables
  protected readonly options: KeptRowsOptions
  readonly #writer: Writer
  #step: RowChange[] = []
  /** Up to where messages of others have come in this step, by conversation. */
  #received = new Map<string, number>()
  /** Present while somebody else keeps what is known: asks him for it. */
  loadElsewhere: (() => Promise<void>) | undefined
  #loading: Promise<void> | undefined
  /** Conversations whose members are known not to be kept. */
  readonly #withoutMembers = new Set<string>()
  #era = 0
  /** What was acknowledged over connections that have ended, and not told as an event yet. */
  #unheard: readonly number[] = []

  constructor(options: KeptRowsOptions) {
    this.options = options
    this.subjects = new Subjects(options.onError)
    this.tables = new Tables(this.subjects)
    this.#writer = new Writer(options)
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
    this.apply(this.changesOf(event))
    if (event.type !== 'message.created') return
    const { conversationId, senderId, seq } = event.body.message
    if (senderId !== this.tables.userId) this.#received.set(conversationId, seq)
  }

  /** A stream starts anew in the step under way. */
  restarted(stream: string, position: Position | undefined, _reason: ResetReason): void {
    this.apply(this.resetChangesOf(stream, position))
  }

  /** The step is complete. */
  commitStep({ positions, mark }: StepResult): void {
    for (const [id, row] of positions) this.apply([{ table: 'position', id, row }])
    if (mark !== undefined) this.apply([{ table: 'mark', row: mark }])
    const step = lastOfEach(this.#step)
    this.#step = []
    this.options.onRows?.(step, true)
    this.#write(step, this.#takeReceived())
    this.look(step)
  }

  /** Changes that belong to no step. `settled` is called as by `Writer.write`. */
  commit(changes: readonly RowChange[], settled?: () => void): void {
    for (const change of changes) this.tables.apply(change)
    this.options.onRows?.(changes, false)
    this.#write(changes, settled)
    this.look(changes)
  }

  /** Changes that somebody else has made and keeps. */
  hear(changes: readonly RowChange[]): void {
    for (const change of changes) this.tables.apply(change)
    this.subjects.flush()
    this.look(changes)
  }

  /** Nothing of a signal is kept. */
  signalled(_signal: Signal): void {
    this.subjects.flush()
  }

  /** There is a connection, and everything missed has been told. */
  up(): void {
    // What was acknowledged before and still has not come is in no database any more: an older copy was put back.
    const lost = this.#unheard.filter((order) => this.tables.outbox.get(order)?.sent !== undefined)
    this.#unheard = []
    if (lost.length === 0) this.subjects.flush()
    else this.commit(lost.map((id) => ({ table: 'outbox', id, row: undefined })))
  }

  /** There is none. */
  down(): void {
    this.#noteUnheard()
    this.subjects.flush()
  }

  /** Up to where the user has read who has read so far; without a seq, everything that is here. */
  read(_conversationId: string, seq: number | undefined, _isPrivate: boolean): number | undefined {
    return seq
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
    this.#withoutMembers.clear()
    this.#step = []
    this.#received = new Map()
    this.tables.clear()
    this.down()
  }

  /** What is in memory is what is kept, but for some changes: nothing need be read. */
  takeOver(unkept: readonly RowChange[]): void {
    this.#loading = Promise.resolve()
    this.#withoutMembers.clear()
    this.#write(unkept)
    this.options.onLoaded(this.tables.outbox.values())
  }

  /** Resolves when everything is kept, or the storage did not take it. */
  finish(): Promise<void> {
    return this.#writer.finish()
  }

  /** Resolves when what was changed so far can be read back. */
  written(): Promise<void> {
    return new Promise((resolve) => this.#writer.write([], resolve))
  }

  /** Rows of the step under way. */
  protected apply(changes: readonly RowChange[]): void {
    for (const change of changes) {
      this.tables.apply(change)
      this.#step.push(change)
    }
  }

  protected changesOf(event: Event): readonly RowChange[] {
    return event.type === 'message.created' ? sentBy(this.tables, event.body.message) : []
  }

  protected resetChangesOf(stream: string, _position: Position | undefined): readonly RowChange[] {
    return stream.startsWith('m:') ? acknowledged(this.tables, stream.slice(2)) : []
  }

  /** What was kept is in memory. */
  protected loaded(): void {
    this.subjects.touch('user')
    this.subjects.flush()
  }

  /** Asks for what the changes have left open. */
  protected look(_changes: readonly RowChange[]): void {
    this.subjects.flush()
  }

  /** Messages of others have come, and are kept. */
  protected deliver(conversationId: string, seq: number): void {
    this.options.mark('delivered', conversationId, seq)
  }

  /** Says of what has come in this step that it has, if anything has. */
  #takeReceived(): (() => void) | undefined {
    const received = this.#received
    if (received.size === 0) return undefined
    this.#received = new Map()
    return () => {
      for (const [conversationId, seq] of received) this.deliver(conversationId, seq)
    }
  }

  async #load(): Promise<void> {
    const { identify, storage, onLoaded, onRows } = this.options
    const era = this.#era
    const userId = await identify()
    if (userId === undefined) {
      this.#loading = undefined
      return
    }
    const rows = await readOwn(storage, userId)
    if (era !== this.#era) return
    this.commit([{ table: 'owner', row: { userId, format: FORMAT } }])
    for (const row of rows) this.tables.apply(row)
    this.#noteUnheard()
    onRows?.(rows, false)
    this.loaded()
    onLoaded(this.tables.outbox.values())
  }

  #noteUnheard(): void {
    const { outbox } = this.tables
    this.#unheard = outbox.values().flatMap(({ order, sent }) => (sent ? [order] : []))
  }

  #write(changes: readonly RowChange[], settled?: () => void): void {
    const kept: StorageChange[] = []
    for (const change of changes) if (this.#isKept(change)) kept.push(toStorage(change))
    if (kept.length > 0 || settled !== undefined) this.#writer.write(kept, settled)
    this.subjects.flush()
  }

  #isKept(change: RowChange): boolean {
    if (change.table === 'members') {
      const { id, row } = change
      // Each receipt says that what is kept is out of date, and mostly there is nothing.
      if (row === undefined && this.#withoutMembers.has(id)) return false
      if (row === undefined) this.#withoutMembers.add(id)
      else this.#withoutMembers.delete(id)
    }
    return this.options.isLasting || isReadLater(change)
  }
}

/** What is not always in memory. */
const READ_LATER: ReadonlySet<RowChange['table']> = new Set([
  ...(['message', 'edit', 'messages', 'gone', 'reaction', 'reactions', 'members'] as const),
])

function isReadLater({ table }: RowChange): boolean {
  return READ_LATER.has(table)
}

/** What this client has sent has arrived. */
export function sentBy(tables: Tables, message: Message): RowChange[] {
  const { senderId, clientMessageId, conversationId } = message
  if (senderId !== tables.userId || clientMessageId === null) return []
  const row = tables.outboxOf(conversationId, clientMessageId)
  return row === undefined ? [] : [{ table: 'outbox', id: row.order, row: undefined }]
}

/** Sent messages whose event will not come any more: it is history now. */
export function acknowledged(tables: Tables, conversationId: string): RowChange[] {
  return tables.outbox
    .values()
    .filter((row) => row.conversationId === conversationId && row.sent !== undefined)
    .map(({ order }) => ({ table: 'outbox', id: order, row: undefined }))
}
