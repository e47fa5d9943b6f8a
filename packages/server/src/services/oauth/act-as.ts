import { TidingsError, type Scope, type UserRef } from '@tidings/protocol/wire'
import type { OAuthService } from '../../auth/oauth-access.ts'
import { findPeerKey } from '../../stores/direct-message.ts'
import { findMessage } from '../../stores/message.ts'
import { findUser, type UserRow } from '../../stores/user.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import { chargeCall } from '../call-limit.ts'
import type { Deps } from '../deps.ts'

export type { OAuthService } from '../../auth/oauth-access.ts'

/** What a client does in somebody's name who has not been asked. */
export interface ActAs {
  /** As the older systems call it. */
  readonly action: string
  /** Whom the client names. */
  readonly user: UserRef | undefined
  /** Without a user: a message, and whether it is about who has sent it or about who gets it. */
  readonly message?: { readonly id: unknown; readonly side: 'sender' | 'reader' } | undefined
}

const SCOPES: ReadonlySet<string> = new Set<Scope>([
  'messages:send',
  'messages:read',
  'conversations:read',
  'conversations:write',
])

/**
 * The user in whose name a client acts that has no user of its own. Only with the scope `messages:send_as`, which an
 * administrator gives, and every time it is written down. That is charged as a call of its own: it is done before the first of those
 * that it tells of, and nobody takes an entry away again.
 * @throws TidingsError FORBIDDEN, RATE_LIMITED, NOT_FOUND
 */
export async function actAs(
  deps: Deps,
  { client, scopes }: OAuthService,
  { action, user: named, message }: ActAs,
): Promise<Actor> {
  if (!scopes.has('messages:send_as'))
    throw new TidingsError('FORBIDDEN', 'This token acts for nobody.')
  chargeCall(deps, client.id, 'session')
  const { database } = deps
  const user =
    named === undefined ? await findByMessage(deps, message) : await findNamed(deps, named)
  if (user.suspendedAt !== null) throw new TidingsError('FORBIDDEN')
  const details = { userId: user.id, action }
  await database.tx((tx) =>
    audit(deps, tx, { actor: null, action: 'oauthClient.actedAs', target: client.id, details }),
  )
  return {
    userKey: user.key,
    userId: user.id,
    username: user.username,
    // Never an administrator's rights.
    role: 'user',
    // No session: nothing that needs one is among the scopes.
    sessionKey: 0,
    sessionId: client.id,
    grant: { clientId: client.id, scopes: SCOPES, conversationIds: undefined },
  }
}

async function findNamed({ database }: Deps, named: UserRef): Promise<UserRow> {
  const by = 'userId' in named ? { id: named.userId } : { username: named.username }
  const user = await findUser(database, database.read, by)
  if (user === undefined) throw new TidingsError('NOT_FOUND')
  return user
}

/** Seed 000 reads and deletes by the message alone. Who reads a direct message is the one who has not sent it. */
async function findByMessage({ database }: Deps, message: ActAs['message']): Promise<UserRow> {
  if (message === undefined) throw new TidingsError('FORBIDDEN', 'send_user_id is missing.')
  const row =
    typeof message.id === 'string'
      ? await findMessage(database, database.read, message.id)
      : undefined
  if (row?.actorKey === undefined || row.actorKey === null) throw new TidingsError('NOT_FOUND')
  const peer = { messageStreamKey: row.streamKey, userKey: row.actorKey }
  const key =
    message.side === 'sender' ? row.actorKey : await findPeerKey(database, database.read, peer)
  const user = key === undefined ? undefined : await findUser(database, database.read, { key })
  if (user === undefined) throw new TidingsError('NOT_FOUND')
  return user
}
