import type {
  BodyOf,
  Kinds,
  ListMessagesInput,
  MarkInput,
  ReceiptCount,
  Sent,
} from '@tidings/protocol/wire'
import type { BodyCheck, ReceivedPage } from '../kinds.ts'
import type { Outbox } from '../outbox.ts'
import type { Receipts } from '../receipts.ts'
import type { Rpc } from '../rpc.ts'

/** A message to send. */
export interface OutgoingMessage<K extends Kinds> {
  readonly conversationId: string
  readonly body: BodyOf<K>
  /** Makes a repeat harmless, for ever, also from another run of the program. @default a new UUID */
  readonly clientMessageId?: string | undefined
}

/** Messages and receipts. */
export interface MessageResource<K extends Kinds> {
  /**
   * Sends a message. Resolves once it is durable, with its place in the conversation; until then it is sent again by
   * itself, over any number of connections, and stored once. Messages to one conversation keep the order of the calls.
   * @throws TidingsError only a definite refusal (NOT_FOUND, INVALID_INPUT, UNSUPPORTED_KIND, IDEMPOTENCY_CONFLICT,
   *   SESSION_REVOKED …), or CLOSED
   * @example
   * ```ts
   * const { seq } = await client.message.send({ conversationId, body: { kind: 'text', text: 'hello' } })
   * ```
   */
  send(message: OutgoingMessage<K>): Promise<Sent>
  /** History, newest first; by cursor (`before`, `after` a seq) or by page. */
  list(input: ListMessagesInput): Promise<ReceivedPage<K>>
  /**
   * Says that everything up to a seq has arrived here. Marks of one conversation are gathered, the highest is sent, and
   * sent again until it is durable. The promise may be left alone.
   */
  delivered(mark: MarkInput): Promise<void>
  /** Says that the user has seen everything up to a seq; as `delivered`, which it implies. */
  read(mark: MarkInput): Promise<void>
  /** How many members have received and read a message. */
  receiptCount(input: {
    readonly conversationId: string
    readonly seq: number
  }): Promise<ReceiptCount>
}

export interface MessageOptions<K extends Kinds> {
  readonly rpc: Rpc
  readonly outbox: Outbox
  readonly receipts: Receipts
  readonly bodies: BodyCheck<K>
  readonly newId: () => string
}

export function createMessage<K extends Kinds>(options: MessageOptions<K>): MessageResource<K> {
  const { rpc, outbox, receipts, bodies, newId } = options
  return {
    async send({ conversationId, clientMessageId = newId(), body }) {
      return outbox.add({ conversationId, clientMessageId, body: bodies.toSend(body) })
    },
    async list(input) {
      const { messages, more } = await rpc('message.list', input)
      return { messages: messages.map((message) => bodies.received(message)), more }
    },
    delivered: (mark) => receipts.mark('delivered', mark),
    read: (mark) => receipts.mark('read', mark),
    receiptCount: (input) => rpc('message.receiptCount', input),
  }
}
