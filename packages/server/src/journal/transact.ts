import type { MessageBody } from '@tidings/protocol/wire'
import type { Database, Tx } from '../db/database.ts'
import { insertEvents, type EventRow } from '../stores/event.ts'
import { eraseMessage, updateMessageBody } from '../stores/message.ts'
import { endSpan, openSpan } from '../stores/span.ts'
import { insertStream, lockStreams, updateHeads } from '../stores/stream.ts'
import { numberDeletion, numberEdit } from './change.ts'
import { DELETED_BODY } from './event.ts'
import type { EventActor, JournalTx, NewEvent, StoredEvent, StreamRow } from './journal.ts'
import { number, openStream, type NumberedEvent, type OpenStream } from './numbering.ts'

/** Called with the events of each commit. */
export type Publish = (events: readonly StoredEvent[]) => void

/**
 * Runs one transaction over the journal. Events get their numbers at once, but are written together at the end, in one
 * insert and one update of the heads; a throw leaves nothing behind.
 */
export function transact<T>(
  database: Database,
  publish: Publish,
  work: (journal: JournalTx) => Promise<T>,
): Promise<T> {
  return database.tx(async (tx) => {
    const appending = new Appending(database, tx)
    const result = await work(appending)
    const events = await appending.write()
    if (events.length > 0) database.after(tx, () => publish(events))
    return result
  })
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
    { actor, body }: { actor: EventActor; body: MessageBody },
  ): Promise<StoredEvent> {
    const stream = this.#locked(message.streamKey)
    const edit = numberEdit(stream, { message, actor, body, now: await this.now() })
    await updateMessageBody(this.#database, this.tx, {
      streamKey: message.streamKey,
      seq: message.seq,
      body,
      editedAt: edit.stored.ts,
      editSeq: edit.stored.seq,
    })
    this.#numbered.push(edit)
    return edit.stored
  }

  async deleteMessage(message: EventRow, actor: EventActor): Promise<StoredEvent> {
    const stream = this.#locked(message.streamKey)
    const deletion = numberDeletion(stream, { message, actor, now: await this.now() })
    await eraseMessage(this.#database, this.tx, {
      streamKey: message.streamKey,
      seq: message.seq,
      editSeq: message.editSeq,
      body: DELETED_BODY,
      editBody: deletion.stored.body,
    })
    this.#numbered.push(deletion)
    return deletion.stored
  }

  async openSpan(streamKey: number, userKey: number, fromSeq: number): Promise<void> {
    await openSpan(this.#database, this.tx, { streamKey, userKey, fromSeq })
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
