import type { ListPresenceInput, UserPresence } from '@tidings/protocol/wire'
import { listVisibleUsers } from '../stores/presence.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

/**
 * Who of the users is online: of those who share a conversation with the actor, in the order asked, each once. Nothing is
 * said of the others, whether they exist or not.
 */
export async function listPresence(
  { database, realtime }: Deps,
  actor: Actor,
  { userIds }: ListPresenceInput,
): Promise<UserPresence[]> {
  const wanted = [...new Set(userIds)]
  if (wanted.length === 0) return []
  const rows = await listVisibleUsers(database, database.read, {
    viewerKey: actor.userKey,
    userIds: wanted,
  })
  const visible = new Map(rows.map((row) => [row.userId, row]))
  return wanted.flatMap((userId) => {
    const user = visible.get(userId)
    if (user === undefined) return []
    const online = realtime.presence.isOnline(user.userKey)
    return { userId, online, lastSeenAt: online ? null : user.lastSeenAt }
  })
}
