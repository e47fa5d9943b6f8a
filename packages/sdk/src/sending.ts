import {
  TidingsError,
  type BodyOf,
  type Kinds,
  type MessageBody,
  type Sent,
} from '@tidings/protocol/wire'
import type { Environment } from './environment.ts'
import { isSignedOut, toTidingsError } from './errors.ts'
import type { BodyCheck } from './kinds.ts'
import type { Outbox } from './outbox.ts'
import { toLocalItem, type MessageItem } from './store/items.ts'
import type { KeptRows } from './store/kept-rows.ts'
import type { Beside, OutboxRow } from './store/rows.ts'

/**
 * A message that is being sent: the promise of its acknowledgement, and the message as it is shown at once. The promise
 * may be left alone: what becomes of the message stands in `client.store`.
 */
export interface Sending<K extends Kinds> extends Promise<Sent> {
  readonly message: MessageItem<K>
}

/** One message: by its id, or, as one's own, by the id under which it was sent, also when it is not sent yet. */
export type MessageTarget = { readonly conversationId: string } & (
  | { readonly messageId: string; readonly clientMessageId?: undefined }
  | { readonly clientMessageId: string; readonly messageId?: undefined }
)

/** What is said. */
export interface Said<K extends Kinds> {
  readonly conversationId: string
  readonly clientMessageId: string
  readonly body: BodyOf<K>
  readonly beside?: Beside | undefined
}

/** What a message says after an edit. */
export interface Edited<K extends Kinds> {
  readonly body: BodyOf<K>
  /** Left out, they stay. */
  readonly mentions?: readonly string[] | undefined
}

/** Has a message acknowledged. Its body may still be under check; the row has it when it is not. */
export type Say = (row: OutboxRow, body: MessageBody | Promise<MessageBody>) => Promise<Sent>

export interface SpeakerOptions<K extends Kinds> {
  readonly local: KeptRows
  readonly outbox: Outbox
  readonly bodies: BodyCheck<K>
  readonly environment: Environment
}

/** An edit or a deletion that has its place in line, or needed none. */
interface Placed {
  readonly outcome: Promise<unknown> | undefined
}

/** Puts what the user says into the outbox: messages, edits and deletions, and second thoughts. */
export class Speaker<K extends Kinds> {
  readonly #options: SpeakerOptions<K>
  #order = 0
  /** The last edit or deletion that looks for its place in line. */
  #thinking: Promise<unknown> = Promise.resolve()

  constructor(options: SpeakerOptions<K>) {
    this.#options = options
  }

  /** `say` puts it into an outbox: by default into this client's. */
  send(said: Said<K>, say: Say = (row, body) => this.#say(row, body)): Sending<K> {
    const { bodies } = this.#options
    const { conversationId, clientMessageId, beside } = said
    const what = { op: 'send', conversationId, clientMessageId, beside } as const
    let body: MessageBody | Promise<MessageBody>
    try {
      body = bodies.toSend(said.body)
    } catch (thrown) {
      return this.#refused(this.#row(what), said, toTidingsError(thrown))
    }
    const row = this.#row(what, body instanceof Promise ? undefined : body)
    return toSending(say(row, body), this.#item(row, said))
  }

  async edit(target: MessageTarget, { body, mentions }: Edited<K>): Promise<void> {
    const checking = Promise.resolve().then(() => this.#options.bodies.toSend(body))
    // Awaited in its turn, perhaps long after it has failed.
    checking.catch(() => undefined)
    const { outcome } = await this.#inTurn(async () =>
      this.#placeEdit(target, { body: await checking, mentions }),
    )
    await outcome
  }

  async delete(target: MessageTarget): Promise<void> {
    const { outcome } = await this.#inTurn(() => this.#placeDeletion(target))
    await outcome
  }

  #say(row: OutboxRow, body: MessageBody | Promise<MessageBody>): Promise<Sent> {
    const { local } = this.#options
    const isLoaded = local.tables.userId !== undefined
    return isLoaded ? this.#add(row, body) : local.load().then(() => this.#add(row, body))
  }

  /** Sends anew what was refused; `say` as in `send`. */
  retry(
    clientMessageId: string,
    say: (row: OutboxRow) => Promise<Sent> = (row) => this.#again(row),
  ): Sending<K> {
    const { bodies, local } = this.#options
    const failed = this.#find(clientMessageId)
    if (failed?.failure === undefined) throw new TidingsError('NOT_FOUND')
    const { userId } = local.tables
    const item = toLocalItem(
      { ...failed, failure: undefined },
      { bodies, isSending: false, userId },
    )
    return toSending(say(failed), item)
  }

  /** Forgets a message that was refused or has not left yet. */
  async discard(clientMessageId: string): Promise<void> {
    await this.#options.local.load()
    const row = this.#find(clientMessageId)
    if (row === undefined) throw new TidingsError('NOT_FOUND')
    if (this.#options.outbox.discard(row)) return
    throw new TidingsError('FORBIDDEN', 'It may have been sent already: delete it instead.')
  }

  /** The place of an own message, once it has one. */
  async seqOf({ conversationId, clientMessageId }: Omit<Said<K>, 'body'>): Promise<number> {
    await this.#options.local.load()
    const row = this.#waiting({ conversationId, clientMessageId })
    if (row === undefined) throw new TidingsError('NOT_FOUND')
    return toSent(await this.#options.outbox.outcomeOf(row)).seq
  }

  /** Sends anew what was refused because nobody was signed in. */
  resume(): void {
    for (const row of this.#options.local.tables.outbox.values()) {
      const code = row.failure?.code
      if (code !== undefined && isSignedOut(new TidingsError(code))) void this.#again(row)
    }
  }

  /** Second thoughts find their places one after the other, in the order of the calls, however long a check takes. */
  #inTurn(place: () => Promise<Placed>): Promise<Placed> {
    const turn = this.#thinking.then(place)
    this.#thinking = turn.catch(() => undefined)
    return turn
  }

  async #placeEdit(
    target: MessageTarget,
    { body, mentions }: { body: MessageBody; mentions: readonly string[] | undefined },
  ): Promise<Placed> {
    const { local, outbox } = this.#options
    await local.load()
    const waiting = this.#waiting(target)
    const anew = waiting && { ...waiting, body, beside: withMentions(waiting.beside, mentions) }
    if (anew?.failure !== undefined) return { outcome: this.#again(anew) }
    const revised = anew && outbox.revise(anew)
    const beside = withMentions(undefined, mentions)
    return { outcome: revised ?? this.#change({ op: 'edit', ...target, beside }, body) }
  }

  async #placeDeletion(target: MessageTarget): Promise<Placed> {
    const { local, outbox } = this.#options
    await local.load()
    const waiting = this.#waiting(target)
    if (waiting !== undefined && outbox.discard(waiting)) return { outcome: undefined }
    return { outcome: this.#change({ op: 'delete', ...target }, undefined) }
  }

  #add(row: OutboxRow, body: MessageBody | Promise<MessageBody>): Promise<Sent> {
    const { local, outbox } = this.#options
    const { conversationId, clientMessageId = '', order } = row
    const known = local.tables.outboxOf(conversationId, clientMessageId)
    if (known !== undefined) return this.#repeat(known, { body, beside: row.beside })
    const whole = body instanceof Promise ? body.then((late) => ({ ...row, body: late })) : row
    return outbox.add(conversationId, { order, row: whole }).then(toSent)
  }

  /** The same id again: the same message, or a mistake. */
  async #repeat(
    known: OutboxRow,
    { body, beside }: { body: MessageBody | Promise<MessageBody>; beside: Beside | undefined },
  ): Promise<Sent> {
    if (!isSame([await body, beside], [known.body, known.beside]))
      throw new TidingsError('IDEMPOTENCY_CONFLICT')
    if (known.sent !== undefined) return { ...known.sent, duplicate: true }
    if (known.failure !== undefined) return this.#again(known)
    const sent = await this.#options.outbox.outcomeOf(known)
    return { ...toSent(sent), duplicate: true }
  }

  #again(row: OutboxRow): Promise<Sent> {
    const { outbox } = this.#options
    outbox.discard(row)
    const order = this.#next()
    const anew = { ...row, order, failure: undefined }
    return outbox.add(row.conversationId, { order, row: anew }).then(toSent)
  }

  #change(
    what: Pick<OutboxRow, 'op' | 'conversationId'> & Partial<OutboxRow>,
    body: MessageBody | undefined,
  ): Promise<unknown> {
    const row = this.#row(what, body)
    return this.#options.outbox.add(what.conversationId, { order: row.order, row })
  }

  #row(
    what: Pick<OutboxRow, 'op' | 'conversationId'> & Partial<OutboxRow>,
    body?: MessageBody,
  ): OutboxRow {
    return {
      order: this.#next(),
      op: what.op,
      conversationId: what.conversationId,
      clientMessageId: what.clientMessageId,
      messageId: what.messageId,
      body,
      beside: what.beside,
      createdAt: this.#options.environment.wallClock(),
      failure: undefined,
      sent: undefined,
    }
  }

  /** Ascending over all runs of the program, as long as the device's clock does not go back. */
  #next(): number {
    const { environment, local } = this.#options
    const last = Math.max(this.#order, local.tables.lastOrder)
    this.#order = Math.max(Math.floor(last) + 1, Math.floor(environment.wallClock()) * 1000)
    return this.#order
  }

  #waiting({ conversationId, clientMessageId }: MessageTarget): OutboxRow | undefined {
    if (clientMessageId === undefined) return undefined
    const row = this.#options.local.tables.outboxOf(conversationId, clientMessageId)
    return row?.sent === undefined ? row : undefined
  }

  #find(clientMessageId: string): OutboxRow | undefined {
    return this.#options.local.tables.outbox
      .values()
      .find((row) => row.op === 'send' && row.clientMessageId === clientMessageId)
  }

  #refused(row: OutboxRow, said: Said<K>, error: TidingsError): Sending<K> {
    const { code, message } = error
    const item = this.#item({ ...row, failure: { code, message } }, said)
    return toSending(Promise.reject(error), item)
  }

  /** The message as it is shown until its row is there. */
  #item(row: OutboxRow, { body }: Said<K>): MessageItem<K> {
    const { bodies, local } = this.#options
    const item = toLocalItem(row, { bodies, isSending: false, userId: local.tables.userId })
    return row.body === undefined ? { ...item, body } : item
  }
}

/** What stands beside a body once an edit has named whom it mentions; left out, they stay. */
function withMentions(
  beside: Beside | undefined,
  mentions: readonly string[] | undefined,
): Beside | undefined {
  return mentions === undefined ? beside : { ...beside, mentions }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function toSending<K extends Kinds>(sent: Promise<Sent>, message: MessageItem<K>): Sending<K> {
  // Nobody need wait for it: what is refused is shown.
  sent.catch(() => undefined)
  return Object.assign(sent, { message })
}

/** What `message.send` answers; see `rpc.ts`. */
function toSent(outcome: unknown): Sent {
  if (isSent(outcome)) return outcome
  throw new TidingsError('INTERNAL')
}

function isSent(outcome: unknown): outcome is Sent {
  return typeof outcome === 'object' && outcome !== null && 'seq' in outcome
}
