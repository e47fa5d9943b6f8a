import {
  type ConversationKind,
  isTidingsError,
  TidingsError,
  type SendInput,
  type SendOutput,
  type Sent,
} from '@tidings/protocol/wire'
import { hasBeside, type ShownContent } from '../journal/content.ts'
import type { BesideBody, MessageAppended } from '../journal/journal.ts'
import { findConversationKeys, forgetConversationKeys } from '../stores/conversation-keys.ts'
import type { Actor } from './actor.ts'
import { findBeside } from './beside-body.ts'
import type { Deps } from './deps.ts'
import { isMany, toItemError } from './items.ts'
import { barred } from './membership.ts'
import { checkBody } from './message-kind.ts'
import { payloadHash as hashOf } from './payload-hash.ts'
import { takeSends } from './write-limit.ts'

/**
 * Sends a message, or several with an outcome each.
 * @throws TidingsError NOT_FOUND, MUTED, FORBIDDEN (a block), IDEMPOTENCY_CONFLICT, UNSUPPORTED_KIND, INVALID_INPUT,
 * RATE_LIMITED
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
  takeSends(deps, actor, inputs)
  const checked = await Promise.allSettled(inputs.map((input) => checkSend(deps, actor, input)))
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
  /** As the schema of its kind makes it. */
  readonly body: SendInput['body']
  readonly kind: ConversationKind
  readonly streamKey: number
  readonly payloadHash: number
  readonly beside: BesideBody | undefined
}

async function checkSend(deps: Deps, actor: Actor, input: SendInput): Promise<CheckedSend> {
  const keys = await findConversationKeys(deps.database, input.conversationId)
  if (keys === undefined) throw new TidingsError('NOT_FOUND')
  const body = await checkBody(deps.kinds, input.body)
  // Of what was sent, not of what a schema makes of it: that may differ each time, and a repeat stays a repeat.
  const payloadHash = hashOf(payloadOf(input))
  const { kind, messageStreamKey: streamKey } = keys
  const checked = { input, body, kind, streamKey, payloadHash, beside: undefined }
  if (isBodyAlone(input)) return checked
  return { ...checked, beside: await findBeside(deps, actor, { streamKey, input }) }
}

/** What a repeat must say as well: of most messages the body alone. */
function payloadOf(input: SendInput): unknown {
  const { body, replyTo, mentions } = input
  return isBodyAlone(input) ? body : { body, replyTo, mentions }
}

function isBodyAlone({ replyTo, mentions }: SendInput): boolean {
  return replyTo === undefined && (mentions === undefined || mentions.length === 0)
}

/** Whether the sender is a member is decided under the stream's lock. */
async function append(
  deps: Deps,
  actor: Actor,
  { input, body, kind, streamKey, payloadHash, beside }: CheckedSend,
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
      body,
      beside,
    })
    return toSent(conversationId, appended)
  } catch (error) {
    if (isTidingsError(error) && error.code === 'NOT_FOUND')
      forgetConversationKeys(deps.database, conversationId)
    throw isTidingsError(error) && error.code === 'FORBIDDEN' ? barred(kind) : error
  }
}

function toSent(conversationId: string, { event, duplicate }: MessageAppended): Sent {
  if (event.messageId === null) throw new Error('a message without an id')
  const sent = {
    messageId: event.messageId,
    conversationId,
    clientMessageId: event.clientMessageId,
    stream: event.stream,
    seq: event.seq,
    tag: event.tag,
    timestamp: event.ts,
    duplicate,
  }
  return hasBeside(event.body) ? { ...sent, ...besideOf(event.body) } : sent
}

/** What stands beside the body of a message, for the sender's own copy. */
function besideOf({ body: _, ...beside }: ShownContent): Pick<Sent, 'replyTo' | 'mentions'> {
  return beside
}
