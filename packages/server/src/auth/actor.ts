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
}
