import type { Event, EventOf, MessageBody, Sent } from '@tidings/protocol/wire'
import type { Asked } from './seat-options.ts'
import { createDeferred, type Deferred } from '../deferred.ts'
import { toTidingsError } from '../errors.ts'
import { toWire } from '../lane.ts'
import type { LocalStore } from '../store/local-store.ts'
import type { OutboxRow, RowChange } from '../store/rows.ts'

interface Waiting {
  readonly sent: Deferred<Sent>
  readonly asked: Asked
  /** The row that stands for it here until the leader's comes. */
  row: OutboxRow | undefined
}

/** Messages that this tab has asked the leader to send: shown at once, and settled by whatever tells first. */
export class Sends {
  readonly #local: LocalStore
  readonly #waiting = new Map<string, Waiting>()

  constructor(local: LocalStore) {
    this.#local = local
  }

  /** Shows the message and waits for the answer of who was asked, or for its event. */
  begin(row: OutboxRow, body: MessageBody | Promise<MessageBody>, asked: Asked): Promise<Sent> {
    const { tables } = this.#local
    const { conversationId, clientMessageId = '' } = row
    const key = keyOf(conversationId, clientMessageId)
    const isShown = tables.userId === undefined || tables.outboxOf(conversationId, clientMessageId)
    const waiting: Waiting = { sent: createDeferred<Sent>(), asked, row: undefined }
    if (!(body instanceof Promise) && !isShown) waiting.row = this.#show({ ...row, body })
    this.#waiting.set(key, waiting)
    asked.answer.then(
      (sent) => {
        if (isSent(sent)) this.#settle(key, waiting, () => waiting.sent.resolve(sent))
      },
      (thrown: unknown) =>
        this.#settle(key, waiting, () => waiting.sent.reject(toTidingsError(thrown))),
    )
    return waiting.sent.promise
  }

  /** Takes away what stands for the leader's rows, before these come. */
  makeWay(changes: readonly RowChange[]): void {
    for (const change of changes) {
      if (change.table !== 'outbox' || change.row === undefined) continue
      this.#hide(keyOf(change.row.conversationId, change.row.clientMessageId))
    }
  }

  /** The event of an own message is its acknowledgement; who was to answer may be gone. */
  told(event: Event): void {
    if (event.type !== 'message.created') return
    const { conversationId, clientMessageId, senderId } = event.body.message
    if (senderId !== this.#local.tables.userId || clientMessageId === null) return
    const key = keyOf(conversationId, clientMessageId)
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    waiting.asked.stop()
    this.#settle(key, waiting, () => waiting.sent.resolve(toSent(event)))
  }

  /** This tab gets rows of its own for them, or nobody is signed in any more. */
  hideAll(): void {
    for (const key of this.#waiting.keys()) this.#hide(key)
  }

  #show(row: OutboxRow): OutboxRow {
    // No whole number: it is nobody's place in line. (Of numbers of this size there are halves, but not much finer.)
    const shown = { ...row, order: Math.floor(row.order) + 0.5 }
    this.#local.hear([{ table: 'outbox', id: shown.order, row: shown }])
    return shown
  }

  #hide(key: string): void {
    const waiting = this.#waiting.get(key)
    const row = waiting?.row
    if (waiting === undefined || row === undefined) return
    waiting.row = undefined
    this.#local.tables.apply({ table: 'outbox', id: row.order, row: undefined })
  }

  #settle(key: string, waiting: Waiting, settle: () => void): void {
    if (this.#waiting.get(key) === waiting) {
      this.#hide(key)
      this.#waiting.delete(key)
      this.#local.subjects.flush()
    }
    settle()
  }
}

/** The acknowledgement that a message's event stands for. */
export function toSent({ stream, seq, tag, timestamp, body }: EventOf<'message.created'>): Sent {
  const { id, conversationId, clientMessageId } = body.message
  const place = { stream, seq, tag, timestamp, duplicate: false, ...toWire(body.message) }
  return { messageId: id, conversationId, clientMessageId, ...place }
}

function keyOf(conversationId: string, clientMessageId: string | undefined): string {
  return `${conversationId} ${clientMessageId ?? ''}`
}

/** What `message.send` answers in the leader's tab. */
function isSent(sent: unknown): sent is Sent {
  return typeof sent === 'object' && sent !== null && 'seq' in sent
}
