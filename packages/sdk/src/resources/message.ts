import type {
  BodyOf,
  Kinds,
  ListDirectInput,
  ListMessagesInput,
  ListReceiptsInput,
  ListVersionsInput,
  MarkInput,
  GetMessageInput,
  ReceiptCount,
  ReceiptPage,
  SearchMessagesInput,
} from '@tidings/protocol/wire'
import type { Core } from '../core.ts'
import type { KeptRows } from '../store/kept-rows.ts'
import type {
  TypedDirectPage,
  TypedMessage,
  TypedMessagePage,
  TypedSearchPage,
  TypedVersionPage,
} from '../kinds.ts'
import type { Edited, MessageTarget, Sending } from '../sending.ts'
import type { Typing } from './typing.ts'

/** A message to send. */
export interface OutgoingMessage<K extends Kinds> {
  readonly conversationId: string
  readonly body: BodyOf<K>
  /** The id of a message of the same conversation that this one answers. @default none */
  readonly replyTo?: string | undefined
  /** Ids of the users that are meant, at most 50; who is not a member is left out. @default none */
  readonly mentions?: readonly string[] | undefined
  /** Makes a repeat harmless, for ever, also from another run of the program. @default a new UUID */
  readonly clientMessageId?: string | undefined
}

/** How far the user has read: a place, one message, or everything that is here. */
export type ReadInput = (
  | MarkInput
  | { readonly conversationId: string; readonly seq?: undefined }
  | { readonly conversationId: string; readonly clientMessageId: string }
) & {
  /** Only the user's own devices are told: what is unread is the same on all of them, and the others learn nothing. */
  readonly private?: boolean | undefined
}

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
   * Puts another body in the place of an own message's; `mentions`, if given, in that of those. One that is not sent yet is sent with the new body, or edited once
   * it is. Kept and repeated like a message. Resolves when the server has it.
   * @throws TidingsError a definite refusal, CLOSED, DISCARDED
   */
  edit(message: MessageTarget & Edited<K>): Promise<void>
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
  /**
   * Gives a reaction to a message, an emoji or a word, or takes it back. Asked for twice it is done once. Answers the
   * message with the reactions that it has now.
   * @throws TidingsError NOT_FOUND, INVALID_INPUT, TOO_MANY_REACTIONS, RATE_LIMITED, NETWORK
   * @example
   * ```ts
   * await client.message.react({ conversationId, messageId, reaction: '👍' })
   * await client.message.react({ conversationId, messageId, reaction: '👍', remove: true })
   * ```
   */
  react(
    input: MessageTarget & { readonly reaction: string; readonly remove?: boolean | undefined },
  ): Promise<TypedMessage<K>>
  /**
   * Takes a message out of this user's own view, on all his devices and for good. Nobody else is concerned.
   * @throws TidingsError NOT_FOUND, RATE_LIMITED, NETWORK
   */
  hide(message: MessageTarget): Promise<void>
  /** One message, with the reactions to it. @throws TidingsError NOT_FOUND */
  get(message: GetMessageInput): Promise<TypedMessage<K>>
  /** What a message has said, what it says now first; nothing of one that was deleted. @throws TidingsError NOT_FOUND */
  listVersions(input: ListVersionsInput): Promise<TypedVersionPage<K>>
  /** History, newest first: `before`, `after` or `around` a seq, or by page; `next` is the cursor of what comes then. */
  list(input: ListMessagesInput): Promise<TypedMessagePage<K>>
  /** Direct messages of all conversations, newest first: those that this user has sent, or those that he got. */
  listDirect(input: ListDirectInput): Promise<TypedDirectPage<K>>
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
  /** To which of the other members a message was delivered, and who has read it; a page at a time. */
  listReceipts(input: ListReceiptsInput): Promise<ReceiptPage>
  /**
   * Searches what the user may see, newest first: each word must be found, by its beginning. What was said a moment ago may
   * be missing still; then `upToDate` is false.
   * @throws TidingsError NOT_FOUND (the conversation)
   * @example
   * ```ts
   * const { items } = await client.message.search({ query: 'lunch' })
   * for (const { excerpt } of items) console.log(excerpt.text, excerpt.ranges)
   * ```
   */
  search(input: SearchMessagesInput): Promise<TypedSearchPage<K>>
  /** To how many members a message was delivered, and how many have read it. */
  countReceipts(input: {
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
    send({ conversationId, clientMessageId = newId(), body, replyTo, mentions }) {
      const isAlone = replyTo === undefined && mentions === undefined
      const beside = isAlone ? undefined : { replyTo, mentions }
      const said = { conversationId, clientMessageId, body, beside }
      const sending = speaker.send(said, core.sayElsewhere?.(said))
      typing.sent(conversationId)
      return sending
    },
    edit: ({ body, mentions, ...target }) => speaker.edit(target, { body, mentions }),
    delete: (target) => speaker.delete(target),
    retry: ({ clientMessageId }) => speaker.retry(clientMessageId),
    discard: ({ clientMessageId }) => speaker.discard(clientMessageId),
    react: async (input) => bodies.typed(await rpc('message.react', input)),
    hide: (message) => rpc('message.hide', message),
    ...reading(core),
    delivered: (mark) => receipts.mark('delivered', mark),
    read: (mark) => quiet(read(core, mark)),
    listReceipts: (input) => rpc('message.listReceipts', input),
    countReceipts: (input) => rpc('message.countReceipts', input),
  }
}

type Reading = 'get' | 'listVersions' | 'list' | 'listDirect' | 'search'

/** What is asked for shows its kinds as the app knows them. */
function reading<K extends Kinds>({
  rpc,
  bodies,
}: Core<K, KeptRows>): Pick<MessageResource<K>, Reading> {
  return {
    get: async (message) => bodies.typed(await rpc('message.get', message)),
    async listVersions(input) {
      const { items, next } = await rpc('message.listVersions', input)
      return { items: items.map((one) => ({ ...one, body: bodies.typedBody(one.body) })), next }
    },
    async list(input) {
      const page = await rpc('message.list', input)
      return { ...page, items: page.items.map((message) => bodies.typed(message)) }
    },
    async listDirect(input) {
      const { items, next } = await rpc('message.listDirect', input)
      const shown = items.map((one) => ({ ...one, message: bodies.typed(one.message) }))
      return { items: shown, next }
    },
    async search(input) {
      const page = await rpc('message.search', input)
      return {
        ...page,
        items: page.items.map((hit) => ({ ...hit, message: bodies.typed(hit.message) })),
      }
    },
  }
}

/** Who does not wait for a receipt need not handle its failure either. */
function quiet(marked: Promise<void>): Promise<void> {
  marked.catch(() => undefined)
  return marked
}

async function read<K extends Kinds>(core: Core<K, KeptRows>, mark: ReadInput): Promise<void> {
  const { receipts, local, speaker } = core
  const isPrivate = mark.private === true
  const kind = isPrivate ? 'privateRead' : 'read'
  if ('messageId' in mark) return receipts.mark(kind, { messageId: mark.messageId })
  const { conversationId } = mark
  const own = 'clientMessageId' in mark ? await speaker.seqOf(mark) : mark.seq
  const seq = local.read(conversationId, own, isPrivate)
  if (seq !== undefined && seq > 0) await receipts.mark(kind, { conversationId, seq })
}
