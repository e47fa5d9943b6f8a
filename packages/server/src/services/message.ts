import {
  isTidingsError,
  TidingsError,
  type ListMessagesInput,
  type MessagePage,
  type SendInput,
  type SendOutput,
  type Sent,
} from '@tidings/protocol/wire'
import { storedOf, toMessage } from '../journal/event.ts'
import type { MessageAppended } from '../journal/journal.ts'
import { findConversationKeys, forgetConversationKeys } from '../stores/conversation-keys.ts'
import { listMessages as selectMessages } from '../stores/message.ts'
import { findStreamThroughSpan } from '../stores/span.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { isMany, toItemError } from './items.ts'
import { checkBody } from './message-kind.ts'
import { payloadHash as hashOf } from './payload-hash.ts'
import { takeWrites } from './write-limit.ts'

/**
 * Sends a message, or several with an outcome each.
 * @throws TidingsError NOT_FOUND, IDEMPOTENCY_CONFLICT, UNSUPPORTED_KIND, INVALID_INPUT, RATE_LIMITED
 */
export async function sendMessage(
  deps: Deps,
  actor: Actor,
  input: SendInput | readonly SendInput[],
): Promise<SendOutput> {
  if (!isMany(input)) {
    const [outcome] = await sendAll(deps, actor, [input])
    if (outcome === undefined) throw new Error('a send without an outcome')
    return await outcome
  }
  const outcomes = await sendAll(deps, actor, input)
  const toRefusal = (error: unknown) => toItemError(deps.figures, error)
  return Promise.all(outcomes.map((outcome) => outcome.catch(toRefusal)))
}

/** All streams are looked up before the first append, so that the appends happen in the order given. */
async function sendAll(
  deps: Deps,
  actor: Actor,
  inputs: readonly SendInput[],
): Promise<readonly Promise<Sent>[]> {
  takeWrites(deps, actor, inputs.length)
  const checked = await Promise.allSettled(inputs.map((input) => checkSend(deps, input)))
  const broken = new Set<string>()
  return checked.map((check, index) => {
    const conversationId = inputs[index]?.conversationId ?? ''
    // Behind one that may be repeated nothing of its conversation is sent, or the repeat would come after it.
    if (broken.has(conversationId)) return Promise.reject(new TidingsError('UNAVAILABLE'))
    if (check.status === 'fulfilled') return append(deps, actor, check.value)
    if (mayBeRepeated(check.reason)) broken.add(conversationId)
    return Promise.reject(check.reason)
  })
}

function mayBeRepeated(error: unknown): boolean {
  return !isTidingsError(error) || error.retryable
}

interface CheckedSend {
  readonly input: SendInput
  readonly streamKey: number
  readonly payloadHash: number
}

async function checkSend(deps: Deps, input: SendInput): Promise<CheckedSend> {
  const keys = await findConversationKeys(deps.database, input.conversationId)
  if (keys === undefined) throw new TidingsError('NOT_FOUND')
  const body = await checkBody(deps.kinds, input.body)
  // Of what was sent, not of what a schema makes of it: that may differ each time, and a repeat stays a repeat.
  const payloadHash = hashOf(input.body)
  return { input: { ...input, body }, streamKey: keys.messageStreamKey, payloadHash }
}

/** Whether the sender is a member is decided under the stream's lock. */
async function append(
  deps: Deps,
  actor: Actor,
  { input, streamKey, payloadHash }: CheckedSend,
): Promise<Sent> {
  const { conversationId } = input
  try {
    const appended = await deps.journal.sendMessage({
      streamKey,
      stream: `m:${conversationId}`,
      actor: { key: actor.userKey, id: actor.userId },
      messageId: deps.machine.newMessageId(),
      clientMessageId: input.clientMessageId,
      payloadHash,
      body: input.body,
    })
    return toSent(conversationId, appended)
  } catch (error) {
    if (isTidingsError(error) && error.code === 'NOT_FOUND')
      forgetConversationKeys(deps.database, conversationId)
    throw error
  }
}

function toSent(conversationId: string, { event, duplicate }: MessageAppended): Sent {
  if (event.messageId === null) throw new Error('a message without an id')
  return {
    messageId: event.messageId,
    conversationId,
    clientMessageId: event.clientMessageId,
    stream: event.stream,
    seq: event.seq,
    tag: event.tag,
    timestamp: event.ts,
    duplicate,
  }
}

/** What is skipped is read: by page, no call may go further back than this. By cursor there is no end. */
const MAX_OFFSET = 10_000
const TOO_FAR = { path: 'page', message: `more than ${MAX_OFFSET} messages back: use before` }

/**
 * A page of history, newest first.
 * @throws TidingsError NOT_FOUND to whoever never was a member; INVALID_INPUT when asked both by page and by cursor, or for
 * a page that is too far back
 */
export async function listMessages(
  deps: Deps,
  actor: Actor,
  input: ListMessagesInput,
): Promise<MessagePage> {
  const { database } = deps
  const { limit = 50, before, after, page } = input
  if ([before, after, page].filter((way) => way !== undefined).length > 1) {
    throw new TidingsError('INVALID_INPUT', 'Give one of before, after and page.')
  }
  const stream = `m:${input.conversationId}`
  const streamKey = await findStreamThroughSpan(database, database.read, {
    userKey: actor.userKey,
    stream,
  })
  if (streamKey === undefined) throw new TidingsError('NOT_FOUND')
  const offset = page === undefined ? 0 : (page - 1) * limit
  if (offset > MAX_OFFSET) throw new TidingsError('INVALID_INPUT', undefined, { fields: [TOO_FAR] })
  const rows = await selectMessages(database, database.read, {
    streamKey,
    userKey: actor.userKey,
    before,
    after,
    offset,
    limit: limit + 1,
  })
  const messages = rows.slice(0, limit).map((row) => toMessage(storedOf(row)))
  if (after !== undefined) messages.reverse()
  return { messages, more: rows.length > limit }
}
