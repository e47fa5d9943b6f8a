import { nameKey } from '@tidings/protocol'
import { digestOf } from '../auth/primitives.ts'
import type { Source } from '../stores/conversation.ts'
import { hasUsernameKey } from '../stores/erasure.ts'

/**
 * Under what the name of an erased user is kept, so that nobody else gets it. It does not show the name; who guesses it
 * can find out that it was one. No username is so long.
 */
export function erasedNameKey(username: string): string {
  return `erased:${digestOf(nameKey(username))}`
}

/** Whether somebody who was erased had the name. */
export function isErasedName(source: Source, username: string): Promise<boolean> {
  return hasUsernameKey(source, erasedNameKey(username))
}
