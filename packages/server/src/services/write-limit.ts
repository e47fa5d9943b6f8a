import { TidingsError } from '@tidings/protocol/wire'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

/**
 * Takes what a user is about to write into conversations off his bucket, all or none: messages, changes of groups, and
 * each user whom he brings in or makes a conversation with, since each of them is written to and told.
 * @throws TidingsError RATE_LIMITED
 */
export function takeWrites(deps: Deps, actor: Actor, count: number): void {
  const retryAfterMs = deps.auth.takeMessages(actor.userId, count)
  if (retryAfterMs > 0) throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs })
}
