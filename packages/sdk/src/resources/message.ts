import type {
  BodyOf,
  Kinds,
  ListMessagesInput,
  MarkInput,
  ReceiptCount,
} from '@tidings/protocol/wire'
import type { Core } from '../core.ts'
import type { KeptRows } from '../store/kept-rows.ts'
import type { ReceivedPage } from '../kinds.ts'
import type { MessageTarget, Sending } from '../sending.ts'
import type { Typing } from './typing.ts'

/** A message to send. */
export interface OutgoingMessage<K extends Kinds> {
  readonly conversationId: string
  readonly body: BodyOf<K>
  /** Makes a repeat harmless, for ever, also from another run of the program. @default a new UUID */
  readonly clientMessageId?: string | undefined
}

/** How far the user has read: a place, one message, or everything that is here. */
export type ReadInput =
  | MarkInput
  | { readonly conversationId: string; readonly seq?: undefined }
  | { readonly conversationId: string; readonly clientMessageId: string }

/** Messages and receipts. */
export interface MessageResource<K extends Kinds> {
  /**
   * Sends a message. Resolves once it is durable, with its place in the conversation; until then it is kept in the
   * client's storage and sent again by itself, over any number of connections and runs of the program, and stored once.
   * Messages to one conversation keep the order of the calls. The message as it is shown is there at once.
   * @throws TidingsError only a definite refusal (NOT_FOUND, INVALID_INPUT, UNSUPPORTED_KIND, IDEMPOTENCY_CONFLICT,
   *   SESSION_REVOKED …), CLOSED (it will be sent when a client opens the same storage), or DISCARDED
   * @example
   * ```ts
   * const sending = client.message.send({ conversationId, body: { kind: 'text', text: 'hello' } })
   * console.log(sending.message.state) // 'queued'
   * const { seq } = await sending
   * ```
   */
  send(message: OutgoingMessage<K>): Sending<K>
  /**
   * Puts another body in the place of an own message's. One that is not sent yet is sent with the new body, or edited once
   * it is. Kept and repeated like a message. Resolves when the server has it.
   * @throws TidingsError a definite refusal, CLOSED, DISCARDED
   */
  edit(message: MessageTarget & { readonly body: BodyOf<K> }): Promise<void>
  /**
   * Deletes a message for all; one that has not left yet is forgotten. Kept and repeated like a message.
   * @throws TidingsError a definite refusal, CLOSED
   */
  delete(message: MessageTarget): Promise<void>
  /**
   * Sends again, as the newest, a message that was refused.
   * @throws TidingsError NOT_FOUND
   */
  retry(message: { readonly clientMessageId: string }): Sending<K>
  /**
   * Forgets a message that was refused or has not left yet.
   * @throws TidingsError NOT_FOUND; FORBIDDEN when it may have been sent
   */
  discard(message: { readonly clientMessageId: string }): Promise<void>
  /** History, newest first; by cursor (`before`, `after` a seq) or by page. */
  list(input: ListMessagesInput): Promise<ReceivedPage<K>>
  /**
   * Says that everything up to a seq has arrived here; by default the client does so by itself. Marks of one conversation
   * are gathered, the highest is sent, and sent again until it is durable. The promise may be left alone.
   */
  delivered(mark: MarkInput): Promise<void>
  /**
   * Says that the user has seen everything up to a place; as `delivered`, which it implies. Counts here at once. Up to an
   * own message that is not sent yet, it waits for that.
   */
  read(mark: ReadInput): Promise<void>
  /** How many members have received and read a message. */
  receiptCount(input: {
    readonly conversationId: string
    readonly seq: number
  }): Promise<ReceiptCount>
}

export interface MessageOptions<K extends Kinds> {
  readonly core: Core<K, KeptRows>
  readonly typing: Typing
  readonly newId: () => string
}

export function createMessage<K extends Kinds>(options: MessageOptions<K>): MessageResource<K> {
  const { core, typing, newId } = options
  const { rpc, receipts, speaker, bodies } = core
  return {
    send({ conversationId, clientMessageId = newId(), body }) {
      const said = { conversationId, clientMessageId, body }
      const sending = speaker.send(said, core.sayElsewhere?.(said))
      typing.sent(conversationId)
      return sending
    },
    edit: ({ body, ...target }) => speaker.edit(target, body),
    delete: (target) => speaker.delete(target),
    retry: ({ clientMessageId }) => speaker.retry(clientMessageId),
    discard: ({ clientMessageId }) => speaker.discard(clientMessageId),
    async list(input) {
      const { messages, more } = await rpc('message.list', input)
      return { messages: messages.map((message) => bodies.received(message)), more }
    },
    delivered: (mark) => receipts.mark('delivered', mark),
    read(mark) {
      const marked = read(core, mark)
      // Who does not wait for a receipt need not handle its failure either.
      marked.catch(() => undefined)
      return marked
    },
    receiptCount: (input) => rpc('message.receiptCount', input),
  }
}

async function read<K extends Kinds>(core: Core<K, KeptRows>, mark: ReadInput): Promise<void> {
  const { receipts, local, speaker } = core
  if ('messageId' in mark) return receipts.mark('read', mark)
  const { conversationId } = mark
  const own = 'clientMessageId' in mark ? await speaker.seqOf(mark) : mark.seq
  const seq = local.read(conversationId, own)
  if (seq !== undefined && seq > 0) await receipts.mark('read', { conversationId, seq })
}
