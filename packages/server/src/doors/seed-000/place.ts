import { conversationSchema, messageSchema } from '@tidings/protocol'
import { isTidingsError, TidingsError } from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import { callProcedure } from '../procedure.ts'
import { findWith, userRefOf } from '../seeds/correspondent.ts'

/** Where the seed's `id` leads. */
export interface Place {
  readonly conversationId: string
  /** Of the message that was named, else of the newest one. */
  readonly seq: number
}

/**
 * What seed 000 calls `id`: of a message, of a conversation, or of the user with whom it is.
 * @throws TidingsError NOT_FOUND, INVALID_INPUT
 */
export async function requirePlace(context: Context, id: unknown): Promise<Place> {
  const user = userRefOf(id, 'id')
  if ('userId' in user) {
    const place =
      (await orNothing(ofMessage(context, user.userId))) ??
      (await orNothing(ofConversation(context, user.userId)))
    if (place !== undefined) return place
  }
  const conversation = await findWith(context, user)
  if (conversation === null) throw new TidingsError('NOT_FOUND')
  return { conversationId: conversation.id, seq: conversation.head }
}

async function ofMessage(context: Context, messageId: string): Promise<Place> {
  const output = await callProcedure(context, { path: 'message.get', input: { messageId } })
  const { conversationId, seq } = messageSchema.parse(output)
  return { conversationId, seq }
}

async function ofConversation(context: Context, conversationId: string): Promise<Place> {
  const output = await callProcedure(context, {
    path: 'conversation.get',
    input: { conversationId },
  })
  const { id, head } = conversationSchema.parse(output)
  return { conversationId: id, seq: head }
}

async function orNothing(place: Promise<Place>): Promise<Place | undefined> {
  try {
    return await place
  } catch (thrown) {
    if (isTidingsError(thrown) && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  }
}
