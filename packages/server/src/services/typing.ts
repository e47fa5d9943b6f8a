import type { TypingInput } from '@tidings/protocol/wire'
import type { Typist } from '../realtime/realtime.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import type { Membership } from '../stores/membership.ts'
import { isBarred, requireMember, requireWriter } from './membership.ts'

/**
 * Tells the other members that the actor types; it ends by itself unless repeated.
 * @throws TidingsError NOT_FOUND when the actor is not in the conversation, or nobody is; MUTED, FORBIDDEN
 */
export async function startTyping(deps: Deps, actor: Actor, input: TypingInput): Promise<void> {
  const place = { conversationId: input.conversationId, userKey: actor.userKey }
  const membership = await requireWriter(deps.database, place, () => deps.database.now())
  deps.realtime.typing.start(toTypist(actor, membership))
}

/** Tells the other members that the actor types no more. @throws TidingsError NOT_FOUND */
export async function stopTyping(deps: Deps, actor: Actor, input: TypingInput): Promise<void> {
  const membership = await requireMember(deps.database, input.conversationId, actor.userKey)
  // Of who may not write nothing was told: an end of it would tell that he tries.
  if (membership.barredUntil !== null && isBarred(membership, await deps.database.now())) return
  deps.realtime.typing.stop(toTypist(actor, membership))
}

function toTypist(
  actor: Actor,
  { conversationId, messageStreamKey }: Pick<Membership, 'conversationId' | 'messageStreamKey'>,
): Typist {
  return {
    streamKey: messageStreamKey,
    conversationId,
    userKey: actor.userKey,
    userId: actor.userId,
  }
}
