import {
  isTidingsError,
  TidingsError,
  type ReadMarkInput,
  type ReceiptCount,
  type ReceiptKind,
  type ReceiptPage,
} from '@tidings/protocol/wire'
import { ownerOfStream } from '../journal/event.ts'
import { findConversationKeys, forgetConversationKeys } from '../stores/conversation-keys.ts'
import { findMessage } from '../stores/message.ts'
import { countReceipts, isShownTo } from '../stores/receipt.ts'
import { listReceipts } from '../stores/receipt-list.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { isMany, toItemError } from './items.ts'
import { requireMember } from './membership.ts'
import { findPageStart } from './member-cursor.ts'
import { toPage } from './page-cursor.ts'

const MARKED = { ok: true } as const

/** What a call of `message.delivered` or `message.read` says. */
export interface MarkRequest {
  readonly kind: ReceiptKind
  readonly input: ReadMarkInput | readonly ReadMarkInput[]
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
  { kind, input }: { kind: ReceiptKind; input: ReadMarkInput },
) {
  const place = 'messageId' in input ? await findPlace(deps, actor, input.messageId) : input
  if (place === undefined) return MARKED
  const { conversationId, seq } = place
  const keys = await findConversationKeys(deps.database, conversationId)
  if (keys === undefined) throw new TidingsError('NOT_FOUND')
  const { conversationKey, receiptStreamKey } = keys
  const said = kind === 'read' && input.private === true ? 'privateRead' : kind
  const isKept = await deps.receipts.write({
    conversationKey,
    conversationId,
    receiptStreamKey,
    isDirect: keys.kind !== 'group',
    userKey: actor.userKey,
    userId: actor.userId,
    kind: said,
    seq,
  })
  if (isKept) deps.figures.receipts[kind] += 1
  if (isKept) return MARKED
  forgetConversationKeys(deps.database, conversationId)
  throw new TidingsError('NOT_FOUND')
}

/**
 * Where a message stands. One that he cannot see does not exist for him, and either is no error: seed 002's clients answer
 * whatever they were sent, long after they have left.
 */
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

/** @throws TidingsError NOT_FOUND unless the actor is in the conversation and is shown what stands at the seq */
async function requireShown(
  { database }: Deps,
  { userKey }: Actor,
  { conversationId, seq }: { readonly conversationId: string; readonly seq: number },
): Promise<number> {
  const { conversationKey } = await requireMember(database, conversationId, userKey)
  if (!(await isShownTo(database, { conversationKey, seq, userKey })))
    throw new TidingsError('NOT_FOUND')
  return conversationKey
}

/**
 * To how many other members everything up to a seq was delivered, and how many have read it.
 * @throws TidingsError NOT_FOUND unless the actor is in the conversation and sees what stands there
 */
export async function countMessageReceipts(
  deps: Deps,
  actor: Actor,
  input: { conversationId: string; seq: number },
): Promise<ReceiptCount> {
  const conversationKey = await requireShown(deps, actor, input)
  return countReceipts(deps.database, deps.database.read, {
    conversationKey,
    seq: input.seq,
    exceptUserKey: actor.userKey,
  })
}

/**
 * A page of the other members who can see a message, and how far it has got with each.
 * @throws TidingsError NOT_FOUND unless the actor is in the conversation and sees what stands there
 */
export async function listMessageReceipts(
  deps: Deps,
  actor: Actor,
  { conversationId, seq, cursor, limit }: ListInput,
): Promise<ReceiptPage> {
  const { database } = deps
  const conversationKey = await requireShown(deps, actor, { conversationId, seq })
  const rows = await listReceipts(database, {
    ...{ conversationKey, seq, limit: limit + 1 },
    exceptUserKey: actor.userKey,
    afterUserKey: await findPageStart(database, conversationKey, cursor),
  })
  const { shown, next } = toPage(rows, limit, ({ userId }) => [userId])
  return { items: shown, next }
}

interface ListInput {
  readonly conversationId: string
  readonly seq: number
  readonly cursor?: string | undefined
  readonly limit: number
}
