import type { Database, Tx, TxOptions } from '../db/database.ts'
import { insertEvents, type EventRow } from '../stores/event.ts'
import { replaceMentions } from '../stores/mention.ts'
import { eraseMessage, updateMessageBody, updateNewestAbout } from '../stores/message-change.ts'
import { insertVersion } from '../stores/message-detail.ts'
import { deleteReaction, insertReaction } from '../stores/reaction.ts'
import { eraseDocument } from '../stores/search-document.ts'
import { barSpans, endSpan, openSpans, type SpanStart } from '../stores/span.ts'
import { insertStream, lockStreams, updateHeads } from '../stores/stream.ts'
import { numberDeletion, numberEdit, numberReaction } from './change.ts'
import { toStored } from './content.ts'
import { DELETED_BODY, placeOf, withoutReaction } from './event.ts'
import type {
  EditOfMessage,
  EventActor,
  JournalTx,
  NewEvent,
  ReactionChange,
  StoredEvent,
  StreamRow,
} from './journal.ts'
import { number, openStream, type NumberedEvent, type OpenStream } from './numbering.ts'

/** Called with the events of each commit. */
export type Publish = (events: readonly StoredEvent[]) => void

/**
 * Runs one transaction over the journal. Events get their numbers at once, but are written together at the end, in one
 * insert and one update of the heads; a throw leaves nothing behind.
 */
export function transact<T>(
  { database, publish }: { readonly database: Database; readonly publish: Publish },
  work: (journal: JournalTx) => Promise<T>,
  options?: TxOptions,
): Promise<T> {
  return database.tx(async (tx) => {
    const appending = new Appending(database, tx)
    const result = await work(appending)
    const events = await appending.write()
    if (events.length > 0) database.after(tx, () => publish(events))
    return result
  }, options)
}

/** The state of one transaction: which streams are locked, what has been appended. */
class Appending implements JournalTx {
  readonly tx: Tx
  readonly #database: Database
  readonly #streams = new Map<number, OpenStream>()
  readonly #numbered: NumberedEvent[] = []
  #now: number | undefined

  constructor(database: Database, tx: Tx) {
    this.#database = database
    this.tx = tx
  }

  async createStream(name: string): Promise<number> {
    const key = await insertStream(this.#database, this.tx, name)
    this.#streams.set(key, { key, name, floor: 0, head: 0, headTag: 0, lastTs: 0 })
    return key
  }

  async lock(streamKeys: readonly number[]): Promise<ReadonlyMap<number, StreamRow>> {
    const missing = [...new Set(streamKeys)].filter((key) => !this.#streams.has(key))
    if (missing.length > 0) {
      for (const row of await lockStreams(this.#database, this.tx, missing)) {
        this.#streams.set(row.key, openStream(row))
      }
    }
    const locked = new Map<number, StreamRow>()
    for (const key of streamKeys) {
      const stream = this.#streams.get(key)
      if (stream !== undefined) locked.set(key, stream)
    }
    return locked
  }

  async append(event: NewEvent): Promise<StoredEvent> {
    const stream = this.#locked(event.streamKey)
    const { type, actor, body } = event
    const numbered = number(
      stream,
      { type, actor, body, messageId: null, clientMessageId: null, payloadHash: null },
      await this.now(),
    )
    this.#numbered.push(numbered)
    return numbered.stored
  }

  async editMessage(
    message: EventRow,
    { actor, content, mentioned }: EditOfMessage,
  ): Promise<StoredEvent> {
    const stream = this.#locked(message.streamKey)
    const edit = numberEdit(stream, { message, actor, content, now: await this.now() })
    await insertVersion(this.#database, this.tx, {
      streamKey: message.streamKey,
      seq: message.seq,
      writtenAt: message.editedAt ?? message.ts,
      body: message.body,
    })
    await updateMessageBody(this.#database, this.tx, {
      streamKey: message.streamKey,
      seq: message.seq,
      body: toStored(content),
      editedAt: edit.stored.ts,
      editSeq: edit.stored.seq,
    })
    if (mentioned !== undefined) {
      const { streamKey, seq, actorKey } = message
      const userKeys = mentioned.filter((key) => key !== actorKey)
      await replaceMentions(this.#database, this.tx, { streamKey, seq, userKeys })
    }
    this.#numbered.push(edit)
    return edit.stored
  }

  async reactTo(
    message: EventRow,
    { actor, reaction: change }: { actor: EventActor; reaction: ReactionChange },
  ): Promise<StoredEvent> {
    const { streamKey, seq } = message
    const stream = this.#locked(streamKey)
    const reaction = numberReaction(stream, { message, actor, change, now: await this.now() })
    const own = { streamKey, seq, userKey: actor.key, reaction: change.reaction }
    await (change.removed ? deleteReaction : insertReaction)(this.#database, this.tx, own)
    const newest = { streamKey, seq, editSeq: reaction.stored.seq }
    await updateNewestAbout(this.#database, this.tx, newest)
    this.#numbered.push(reaction)
    return reaction.stored
  }

  async deleteMessage(message: EventRow, actor: EventActor): Promise<StoredEvent> {
    const stream = this.#locked(message.streamKey)
    const deletion = numberDeletion(stream, { message, actor, now: await this.now() })
    await eraseMessage(this.#database, this.tx, {
      streamKey: message.streamKey,
      seq: message.seq,
      editSeq: message.editSeq,
      body: DELETED_BODY,
      left: {
        edit: deletion.stored.body,
        reaction: withoutReaction(placeOf(message)),
      },
    })
    await eraseDocument(this.#database, this.tx, message)
    this.#numbered.push(deletion)
    return deletion.stored
  }

  async openSpans(starts: readonly SpanStart[]): Promise<void> {
    await openSpans(this.#database, this.tx, starts)
  }

  async barSpans(
    streamKey: number,
    userKeys: readonly number[],
    barredUntil: number | null,
  ): Promise<void> {
    await barSpans(this.#database, this.tx, { streamKey, userKeys, barredUntil })
  }

  async closeSpan(streamKey: number, userKey: number, toSeq: number): Promise<void> {
    const endedTs = await this.now()
    await endSpan(this.#database, this.tx, { streamKey, userKey, toSeq, endedTs })
  }

  async now(): Promise<number> {
    this.#now ??= await this.#database.now(this.tx)
    return this.#now
  }

  /** Writes what was appended and answers it in the order of appending. */
  async write(): Promise<readonly StoredEvent[]> {
    if (this.#numbered.length === 0) return []
    const rows = this.#numbered.map(({ row }) => row)
    await insertEvents(this.#database, this.tx, rows)
    const moved = new Set(rows.map((row) => row.streamKey))
    await updateHeads(
      this.#database,
      this.tx,
      [...moved].map((key) => this.#locked(key)),
    )
    return this.#numbered.map(({ stored }) => stored)
  }

  #locked(key: number): OpenStream {
    const stream = this.#streams.get(key)
    if (stream === undefined) throw new Error(`stream ${key} does not exist or is not locked`)
    return stream
  }
}
