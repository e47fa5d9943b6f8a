import { CLIENT_LIMITS, type Event, type Signal } from '@tidings/protocol/wire'
import type { Position, ResetReason } from '@tidings/protocol/sync'
import { History } from './history.ts'
import { Inbox } from './inbox.ts'
import { KeptRows, type KeptRowsOptions } from './kept-rows.ts'
import { lostAhead } from './lost.ts'
import { readHere } from './marks.ts'
import { NotificationTable } from './notifications.ts'
import { PresenceTable } from './presence.ts'
import { aroundOf, windowOf } from './changed.ts'
import { changesOf, resetChanges } from './reduce.ts'
import { Roster } from './roster.ts'
import { dropped, type RowChange } from './rows.ts'
import { shownAgain } from './shown-again.ts'
import { TypingTable } from './signals.ts'

/**
 * What a client knows: applies what it is told to the tables, keeps it, tells the views, and asks the server for what its
 * events do not say.
 */
export class LocalStore extends KeptRows {
  readonly history: History
  readonly roster: Roster
  readonly typing: TypingTable
  readonly presence: PresenceTable
  readonly notifications: NotificationTable
  readonly #inbox: Inbox
  #isUp = false

  constructor(options: KeptRowsOptions) {
    super(options)
    const { rpc, storage, environment, onError } = options
    const { tables, subjects } = this
    const commit = (changes: readonly RowChange[]): void => this.commit(changes)
    const written = (): Promise<void> => this.written()
    const touch = (id: string): void => {
      subjects.touch(`messages/${id}`)
      subjects.flush()
    }
    this.typing = new TypingTable(environment, subjects)
    this.presence = new PresenceTable(rpc, subjects)
    this.notifications = new NotificationTable({ rpc, tables, environment, commit, onError })
    this.#inbox = new Inbox({ rpc, tables, commit, environment, onError })
    this.roster = new Roster({ rpc, tables, storage, written, commit, environment, onError })
    this.history = new History({ rpc, tables, storage, written, commit, touch })
  }

  override told(event: Event): void {
    super.told(event)
    this.#inbox.told(event)
    this.history.told(event)
    this.roster.told(event)
    this.notifications.told(event)
    if (event.type !== 'message.created') return
    const { conversationId, senderId, seq } = event.body.message
    this.typing.end(conversationId, senderId)
    this.#trim(conversationId, seq)
  }

  override restarted(stream: string, position: Position | undefined, reason: ResetReason): void {
    super.restarted(stream, position, reason)
    // After what was too much to be told the history is the same one.
    if (stream.startsWith('u:') && reason !== 'too_far') this.apply(shownAgain(this.tables))
  }

  override signalled(signal: Signal): void {
    if (signal.type === 'presence.changed') this.presence.told(signal)
    else this.typing.told(signal)
    super.signalled(signal)
  }

  override up(): void {
    super.up()
    const { tables } = this
    // Afterwards it is merely about to be told.
    if (!this.#isUp) this.commit(lostAhead(tables))
    this.#isUp = true
    for (const row of tables.conversations.values()) {
      if (row.toTell > 0) this.options.mark('read', row.id, row.toTell)
      if (row.toTellPrivately > 0) this.options.mark('privateRead', row.id, row.toTellPrivately)
      const last = row.lastMessage
      const hasCome = last !== null && last.seq > windowOf(tables, row.id).from
      if (hasCome && last.senderId !== tables.userId) this.deliver(row.id, last.seq)
    }
    for (const part of this.#parts) part.up()
  }

  override down(): void {
    this.#isUp = false
    for (const part of this.#parts) part.down()
    this.typing.clear()
    super.down()
  }

  override read(
    conversationId: string,
    seq: number | undefined,
    isPrivate: boolean,
  ): number | undefined {
    const row = this.tables.conversations.get(conversationId)
    const upTo = seq ?? row?.head
    if (row === undefined || upTo === undefined) return upTo
    const mark = { seq: Math.min(upTo, row.head), isPrivate }
    const after = readHere(row, mark, aroundOf(this.tables, conversationId))
    if (after !== row) this.commit([{ table: 'conversation', id: conversationId, row: after }])
    return upTo
  }

  override forget(): void {
    this.#inbox.clear()
    this.roster.clear()
    this.notifications.clear()
    const shown = [...this.tables.open.keys()]
    super.forget()
    for (const id of shown) this.history.show(id)
  }

  protected override changesOf(event: Event): readonly RowChange[] {
    return changesOf(event, this.tables)
  }

  protected override resetChangesOf(
    stream: string,
    position: Position | undefined,
  ): readonly RowChange[] {
    return resetChanges(this.tables, stream, position)
  }

  protected override loaded(): void {
    for (const id of this.tables.open.keys()) this.history.look(id)
    super.loaded()
  }

  protected override look(changes: readonly RowChange[]): void {
    for (const change of changes) {
      if (change.table === 'conversation') this.#inbox.look(change.row)
      if (change.table === 'members' && change.row === undefined) this.roster.look(change.id)
      if (change.table === 'messages') this.history.look(change.id)
      // It may be shown already, when it has only now become known.
      const isShown = change.table === 'conversation' && change.row !== undefined
      if (isShown && this.history.pagingOf(change.id).error === undefined)
        this.history.look(change.id)
      if (change.table === 'listed' && !change.row) this.#inbox.list()
      if (change.table === 'notifications') this.notifications.look()
    }
  }

  protected override deliver(conversationId: string, seq: number): void {
    const row = this.tables.conversations.get(conversationId)
    const isKnown = row !== undefined && row.deliveredSeq >= seq
    const isLarge = row !== undefined && row.memberCount > CLIENT_LIMITS.receiptMembers
    if (!isKnown && !isLarge) super.deliver(conversationId, seq)
  }

  get #parts(): readonly { up(): void; down(): void }[] {
    return [this.#inbox, this.history, this.roster, this.presence, this.notifications]
  }

  #trim(id: string, seq: number): void {
    const { messagesKept } = this.options
    const { tables } = this
    const from = seq - messagesKept
    if (tables.open.has(id) || from - windowOf(tables, id).from <= messagesKept) return
    this.apply([...dropped(id, from), { table: 'window', id, row: { from, start: false } }])
  }
}
