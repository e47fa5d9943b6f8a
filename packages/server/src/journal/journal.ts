import type { EventType, Heads, HeadsInput, MessageBody, PullInput } from '@tidings/protocol/wire'
import type { Tx } from '../db/database.ts'
import type { EventRow } from '../stores/event.ts'
import type { PullJson } from './pull-json.ts'

/** Who caused an event: internal key and opaque id. */
export interface EventActor {
  readonly key: number
  readonly id: string
}

/** A committed event with the names that its wire form needs. */
export interface StoredEvent {
  readonly streamKey: number
  /** Name of the stream, `m:…`, `r:…` or `u:…`. */
  readonly stream: string
  readonly seq: number
  /** Milliseconds of the database's clock, strictly growing inside a stream. */
  readonly ts: number
  readonly type: EventType
  readonly tag: number
  readonly actorKey: number | null
  readonly actorId: string | null
  readonly messageId: string | null
  readonly clientMessageId: string | null
  /** When a message was last edited, milliseconds. */
  readonly editedAt: number | null
  /** The wire body; of message.created the message's body alone, since the row is the message. */
  readonly body: unknown
}

/** An event to be born. */
export interface NewEvent {
  readonly streamKey: number
  readonly type: EventType
  readonly actor: EventActor | null
  readonly body: unknown
}

/** A stream as it stands under its lock. */
export interface StreamRow {
  readonly key: number
  readonly name: string
  readonly head: number
  readonly headTag: number
  readonly floor: number
  readonly lastTs: number
}

/** One transaction of the journal. Everything that a decision depends on is read after `lock`. */
export interface JournalTx {
  readonly tx: Tx
  /** Makes an empty stream; it counts as locked. Answers its key. */
  createStream(name: string): Promise<number>
  /** Locks streams in ascending key order and answers those that exist; call it once, with all of them. */
  lock(streamKeys: readonly number[]): Promise<ReadonlyMap<number, StreamRow>>
  /** Appends to a locked stream. */
  append(event: NewEvent): Promise<StoredEvent>
  /** Puts another body in the place of a message's and appends message.edited. The message was read under the lock. */
  editMessage(
    message: EventRow,
    change: { actor: EventActor; body: MessageBody },
  ): Promise<StoredEvent>
  /** Leaves of a message that it was there, also in the events of its edits, and appends message.deleted. */
  deleteMessage(message: EventRow, actor: EventActor): Promise<StoredEvent>
  /** From `fromSeq` on, the stream is visible to the user. */
  openSpan(streamKey: number, userKey: number, fromSeq: number): Promise<void>
  /** `toSeq` is the last that he sees. */
  closeSpan(streamKey: number, userKey: number, toSeq: number): Promise<void>
  /** The database's clock, milliseconds. */
  now(): Promise<number>
}

/** A message to be sent; `payloadHash` tells a repeat from a conflict. */
export interface MessageAppend {
  readonly streamKey: number
  /** The name that the stream must have: keys are remembered, and a database may be put back. */
  readonly stream: string
  readonly actor: EventActor
  readonly messageId: string
  readonly clientMessageId: string | undefined
  readonly payloadHash: number
  readonly body: MessageBody
}

export interface MessageAppended {
  readonly event: StoredEvent
  /** True when the clientMessageId was used before: `event` is the original. */
  readonly duplicate: boolean
}

/** Who sees a stream, and what of it. */
export interface AudienceSpan {
  readonly userKey: number
  readonly fromSeq: number
  /** The last visible seq, or null while it goes on. */
  readonly toSeq: number | null
}

/**
 * The only place where an event is born. An append locks its streams, then decides, then numbers, then commits; only
 * then is it acknowledged and handed to the listeners. Inside a stream, seq has no gaps, and seq order, commit order and
 * time order are one.
 */
export interface Journal {
  /** The database's history; positions of another epoch mean nothing. */
  readonly epoch: number
  /** A rare operation in one transaction. It may run again after a deadlock: keep side effects out. */
  transact<T>(work: (journal: JournalTx) => Promise<T>): Promise<T>
  /**
   * Appends a message; calls made in one turn of the event loop, or while a commit is in flight, share a transaction.
   * @throws TidingsError NOT_FOUND when the sender is not a member under the lock, IDEMPOTENCY_CONFLICT
   */
  sendMessage(message: MessageAppend): Promise<MessageAppended>
  /** After each commit, in commit order for each stream. */
  onCommitted(listener: (events: readonly StoredEvent[]) => void): void
  /** Everything after a seq, whoever may see it. */
  readAfter(streamKey: number, after: number, limit: number): Promise<readonly StoredEvent[]>
  /** Spans that are open or ended after a seq. */
  audience(streamKey: number, after?: number): Promise<readonly AudienceSpan[]>
  /** The last event of each stream not newer than a time (ms); nothing where there is none. */
  placesAt(
    streams: readonly string[],
    ts: number,
  ): Promise<ReadonlyMap<string, { readonly seq: number; readonly tag: number }>>
  heads(userKey: number, input: HeadsInput): Promise<Heads>
  pull(userKey: number, input: PullInput): Promise<PullJson>
  /**
   * Forgets a stream's events up to a seq and raises its floor with them, at most 1,000 a transaction. Positions below
   * the floor are reset from then on, and repeats of forgotten sends are no longer known.
   */
  trim(streamKey: number, upTo: number): Promise<void>
  /** How many positions from the future were refused: more than none may mean that the database lost data. */
  futurePositions(): number
  /** Waits for what is under way. */
  close(): Promise<void>
}
