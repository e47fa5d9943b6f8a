import {
  isTidingsError,
  TidingsError,
  type MarkInput,
  type ReceiptCount,
  type ReceiptKind,
} from '@tidings/protocol/wire'
import { ownerOfStream } from '../journal/event.ts'
import { findConversationKeys, forgetConversationKeys } from '../stores/conversation-keys.ts'
import { findMessage } from '../stores/message.ts'
import { countReceipts } from '../stores/receipt.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { isMany, toItemError } from './items.ts'
import { requireMember } from './membership.ts'

const MARKED = { ok: true } as const

/** What a call of `message.delivered` or `message.read` says. */
export interface MarkRequest {
  readonly kind: ReceiptKind
  readonly input: MarkInput | readonly MarkInput[]
}

/**
 * Marks messages as delivered or read by the actor, up to a place each; durable when answered.
 * @throws TidingsError NOT_FOUND for a conversation that is not his; never for a message
 */
export async function markMessages(deps: Deps, actor: Actor, { kind, input }: MarkRequest) {
  if (!isMany(input)) return mark(deps, actor, { kind, input })
  const toRefusal = (error: unknown) => toItemError(deps.figures, error)
  const outcomes = input.map((one) => mark(deps, actor, { kind, input: one }).catch(toRefusal))
  return Promise.all(outcomes)
}

async function mark(
  deps: Deps,
  actor: Actor,
  { kind, input }: { kind: ReceiptKind; input: MarkInput },
) {
  const place = 'messageId' in input ? await findPlace(deps, actor, input.messageId) : input
  if (place === undefined) return MARKED
  const { conversationId, seq } = place
  const keys = await findConversationKeys(deps.database, conversationId)
  if (keys === undefined) throw new TidingsError('NOT_FOUND')
  const { userKey, userId } = actor
  const { conversationKey, receiptStreamKey } = keys
  const whose = { conversationKey, conversationId, receiptStreamKey, userKey, userId }
  const isDirect = keys.kind === 'direct'
  const isKept = await deps.receipts.write({ ...whose, isDirect, kind, seq })
  if (isKept) deps.figures.receipts[kind] += 1
  if (isKept) return MARKED
  forgetConversationKeys(deps.database, conversationId)
  throw new TidingsError('NOT_FOUND')
}

/** Where a message stands. One that he cannot see does not exist for him, and either is no error: seed 002's clients
 * answer whatever they were sent, long after they have left. */
async function findPlace(deps: Deps, actor: Actor, messageId: string) {
  const { database } = deps
  const message = await findMessage(database, database.read, messageId)
  if (message === undefined) return undefined
  const conversationId = ownerOfStream(message.stream)
  const member = await requireMember(database, conversationId, actor.userKey).catch(notFound)
  return member && { conversationId, seq: message.seq }
}

function notFound(error: unknown): undefined {
  if (isTidingsError(error) && error.code === 'NOT_FOUND') return undefined
  throw error
}

/** How many other members have received and read up to a seq. */
export async function countMessageReceipts(
  deps: Deps,
  actor: Actor,
  input: { conversationId: string; seq: number },
): Promise<ReceiptCount> {
  const { conversationKey } = await requireMember(
    deps.database,
    input.conversationId,
    actor.userKey,
  )
  return countReceipts(deps.database, deps.database.read, {
    conversationKey,
    seq: input.seq,
    exceptUserKey: actor.userKey,
  })
}
