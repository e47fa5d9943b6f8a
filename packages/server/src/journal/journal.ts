import type {
  Heads,
  HeadsInput,
  MessageBody,
  PullInput,
  Reply,
  TidingsError,
} from '@tidings/protocol/wire'
import type { Tx, TxOptions } from '../db/database.ts'
import type { StoredEventType } from '../stores/event-type.ts'
import type { EventRow } from '../stores/event.ts'
import type { SpanStart } from '../stores/span.ts'
import type { MessageContent } from './content.ts'
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
  readonly type: StoredEventType
  readonly tag: number
  readonly actorKey: number | null
  readonly actorId: string | null
  readonly messageId: string | null
  readonly clientMessageId: string | null
  /** When a message was last edited, milliseconds. */
  readonly editedAt: number | null
  /** The wire body; of message.created what the message says alone, see `toStored`: the row is the message. */
  readonly body: unknown
}

/** An event to be born. */
export interface NewEvent {
  readonly streamKey: number
  readonly type: StoredEventType
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

/** What a message says from now on. */
export interface EditOfMessage {
  readonly actor: EventActor
  readonly content: MessageContent
  /** Keys of the users whom it mentions; undefined when they are as they were. */
  readonly mentioned: readonly number[] | undefined
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
  editMessage(message: EventRow, change: EditOfMessage): Promise<StoredEvent>
  /** Gives a reaction to a message, or takes it back, and appends message.reacted. The message was read under the lock. */
  reactTo(
    message: EventRow,
    change: { actor: EventActor; reaction: ReactionChange },
  ): Promise<StoredEvent>
  /** Leaves of a message that it was there, also in the events about it, and appends message.deleted. */
  deleteMessage(message: EventRow, actor: EventActor): Promise<StoredEvent>
  /** From `fromSeq` on, the streams are visible to the users. One at least. */
  openSpans(starts: readonly SpanStart[]): Promise<void>
  /** From now on the users may not write to the stream until a time (ms), or may again: null. */
  barSpans(
    streamKey: number,
    userKeys: readonly number[],
    barredUntil: number | null,
  ): Promise<void>
  /** `toSeq` is the last that he sees. */
  closeSpan(streamKey: number, userKey: number, toSeq: number): Promise<void>
  /** The database's clock, milliseconds. */
  now(): Promise<number>
}

/** A reaction that is given or taken back; `count` is how many have given it after that. */
export interface ReactionChange {
  readonly reaction: string
  readonly removed: boolean
  readonly count: number
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
  /** Left out by a message that says nothing besides its body. */
  readonly beside?: BesideBody | undefined
}

/** What a message is to say besides its body. */
export interface BesideBody {
  readonly replyTo?: Reply | undefined
  /** Users that are meant. Those who are not members under the lock are left out. */
  readonly mentions: readonly EventActor[]
  /** What keeps it from being sent; a repeat of a message that was sent is answered all the same. */
  readonly refusal?: TidingsError | undefined
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

/** From where which streams are pulled, and how messages are written. */
export type JournalPull = PullInput & {
  /** Messages as rows, see `CompactPull`. @default false */
  readonly compact?: boolean | undefined
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
  transact<T>(work: (journal: JournalTx) => Promise<T>, options?: TxOptions): Promise<T>
  /**
   * Appends a message; calls made in one turn of the event loop, or while a commit is in flight, share a transaction.
   * @throws TidingsError NOT_FOUND when the sender is not a member under the lock, FORBIDDEN when he may not write now,
   * IDEMPOTENCY_CONFLICT
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
  pull(userKey: number, input: JournalPull): Promise<PullJson>
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
