import { conversationSchema, idSchema, TidingsError, type UserRef } from '@tidings/protocol'
import type { Conversation } from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import { openToSendCall } from '../../rpc/conversation.ts'
import { requireGrant } from '../../rpc/grant.ts'
import { carryOut, sendCall } from '../../rpc/hot-calls.ts'
import { charge } from '../../rpc/trpc.ts'
import { requireCalls } from '../../services/call-limit.ts'
import { callProcedure } from '../procedure.ts'

/** A user as the seeds name him: by his id or by his username. @throws TidingsError INVALID_INPUT */
export function userRefOf(named: unknown, path: string): UserRef {
  if (typeof named !== 'string' || named === '')
    throw new TidingsError('INVALID_INPUT', undefined, { fields: [{ path, message: 'required' }] })
  return idSchema.safeParse(named).success ? { userId: named } : { username: named }
}

/** Opening a conversation, and sending. */
const CALLS_OF_A_MESSAGE = 2

/**
 * Opens the direct conversation with somebody to whom a message is to be sent; not for a client that may not send it, or
 * not now, since the other one is told.
 * @throws what `toTidingsError` understands: NOT_FOUND, INVALID_INPUT, FORBIDDEN, RATE_LIMITED
 */
export async function openWith(context: Context, user: UserRef): Promise<Conversation> {
  const { actor, deps } = context
  await requireSender(context, user)
  if (actor !== null) requireCalls(deps, actor.sessionId, CALLS_OF_A_MESSAGE)
  return carryOut(openToSendCall, context, user)
}

/** The refusal is charged as the call would be. */
async function requireSender(context: Context, user: UserRef): Promise<void> {
  const { actor } = context
  if (actor === null) return
  try {
    await requireGrant(actor, sendCall, () => user)
  } catch (refusal) {
    charge(context)
    throw refusal
  }
}

/** The direct conversation with somebody; null while there is none. @throws TidingsError NOT_FOUND */
export async function findWith(context: Context, user: UserRef): Promise<Conversation | null> {
  const output = await callProcedure(context, { path: 'conversation.findDirect', input: user })
  return conversationSchema.nullable().parse(output)
}

/**
 * Refuses a sender who is not the caller: nobody writes in another's name. The refusal is charged as the call would be.
 * @throws what `toTidingsError` understands: FORBIDDEN, RATE_LIMITED
 */
export function requireSelf(context: Context, sender: unknown): void {
  const { actor } = context
  if (sender === undefined || sender === '') return
  if (actor !== null && (sender === actor.userId || sender === actor.username)) return
  charge(context)
  throw new TidingsError('FORBIDDEN', 'The sender must be the one who has signed in.')
}
