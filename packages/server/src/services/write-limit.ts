import { TidingsError } from '@tidings/protocol/wire'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

/** So many readers count as one write: a message to a thousand is told a thousand times. */
const READERS_OF_ONE = 100

/**
 * As {@link takeWrites}, for messages that are to be sent, and reactions. Who reads a conversation is known while it is in use.
 * @throws TidingsError RATE_LIMITED
 */
export function takeSends(
  deps: Deps,
  actor: Actor,
  sends: readonly { readonly conversationId: string }[],
): void {
  let count = 0
  for (const { conversationId } of sends) {
    const readers = deps.realtime.audienceSize(`m:${conversationId}`)
    count += Math.max(1, Math.ceil(readers / READERS_OF_ONE))
  }
  takeWrites(deps, actor, count)
}

/**
 * Takes what a user is about to write into conversations off his bucket, all or none: messages, changes of groups, and
 * each user whom he brings in or makes a conversation with, since each of them is written to and told.
 * @throws TidingsError RATE_LIMITED
 */
export function takeWrites(deps: Deps, actor: Actor, count: number): void {
  refuseAfter(deps.auth.takeMessages(actor.userId, count))
}

/**
 * As {@link takeWrites}, and takes nothing: of several steps the first is not taken when there is none left for the last.
 * @throws TidingsError RATE_LIMITED
 */
export function requireWrites(deps: Deps, actor: Actor, count: number): void {
  refuseAfter(deps.auth.waitForMessages(actor.userId, count))
}

function refuseAfter(retryAfterMs: number): void {
  if (retryAfterMs > 0) throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs })
}
