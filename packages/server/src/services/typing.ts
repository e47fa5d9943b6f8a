import type { TypingInput } from '@tidings/protocol/wire'
import type { Typist } from '../realtime/realtime.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { requireMember } from './membership.ts'

/** Tells the other members that the actor types; it ends by itself unless repeated. */
export async function startTyping(deps: Deps, actor: Actor, input: TypingInput): Promise<void> {
  deps.realtime.typing.start(await toTypist(deps, actor, input))
}

/** Tells the other members that the actor types no more. */
export async function stopTyping(deps: Deps, actor: Actor, input: TypingInput): Promise<void> {
  deps.realtime.typing.stop(await toTypist(deps, actor, input))
}

/** @throws TidingsError NOT_FOUND when the actor is not in the conversation, or nobody is */
async function toTypist(deps: Deps, actor: Actor, input: TypingInput): Promise<Typist> {
  const { conversationId, messageStreamKey } = await requireMember(
    deps.database,
    input.conversationId,
    actor.userKey,
  )
  return {
    streamKey: messageStreamKey,
    conversationId,
    userKey: actor.userKey,
    userId: actor.userId,
  }
}
