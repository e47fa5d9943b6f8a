import type { PublicUser } from '@tidings/sdk'
import { safeLine } from './safe-text.ts'

/** A user by his name, and the one that he shows; safe to show. */
export function nameWords({
  username,
  displayName,
}: Pick<PublicUser, 'username' | 'displayName'>): string {
  const name = `@${safeLine(username)}`
  return displayName === undefined ? name : `${name} (${safeLine(displayName)})`
}
