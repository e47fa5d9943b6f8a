/**
 * Who performs a call: a user together with the session that proves it. Keys are internal and never cross the wire.
 *
 * A sign-in that has been merged into its device's session acts as that session: `sessionKey` and `sessionId` are the
 * device session's.
 */
export interface Actor {
  readonly userKey: number
  readonly userId: string
  readonly username: string
  readonly role: 'user' | 'admin'
  readonly sessionKey: number
  readonly sessionId: string
  /** What an OAuth client may do in the user's name; undefined for the user himself, who may do all that he may. */
  readonly grant?: ActorGrant | undefined
  /** When he must show another token (ms), over a connection too; undefined when his session alone says how long he may. */
  readonly endsAt?: number | undefined
}

/**
 * True of the streams that a client may follow: limited to conversations it learns nothing of others, nor of the user. His own
 * stream tells in which conversations he is, so it needs the scope that lists them.
 */
export function mayFollow(grant: ActorGrant | undefined, stream: string): boolean {
  if (grant === undefined) return true
  const { scopes, conversationIds: limits } = grant
  const isOwn = stream.startsWith('u:')
  if (limits === undefined) return !isOwn || scopes.has('conversations:read')
  return !isOwn && limits.has(stream.slice(2))
}

/** By what right an OAuth client acts. */
export interface ActorGrant {
  /** The `client_id`. */
  readonly clientId: string
  readonly scopes: ReadonlySet<string>
  /** The conversations to which the user has limited it, by id; undefined for all of his. */
  readonly conversationIds: ReadonlySet<string> | undefined
}
