import {
  type EventOf,
  FOREVER,
  type MemberRef,
  type MuteMemberInput,
  TidingsError,
} from '@tidings/protocol/wire'
import { findMember, updateMember } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { changeGroup, type LockedGroup, requireRank, requireRole, toEventActor } from './roster.ts'

/**
 * An owner or admin keeps a member from writing, until a time or without end; an admin neither owners nor admins. It stays
 * when he leaves and comes back. What holds already tells nobody anything.
 * @throws TidingsError NOT_FOUND (the group, or the user is not in it), FORBIDDEN, INVALID_INPUT for oneself and for a time
 * that is over, RATE_LIMITED
 */
export async function muteMember(deps: Deps, actor: Actor, input: MuteMemberInput): Promise<void> {
  const { conversationId, userId, until = FOREVER } = input
  if (userId === actor.userId) throw new TidingsError('INVALID_INPUT', 'This user is you.')
  await changeGroup(deps, { actor, conversationId, people: [] }, async (group) => {
    if (until <= (await group.journal.now()))
      throw new TidingsError('INVALID_INPUT', undefined, {
        fields: [{ path: 'until', message: 'is over' }],
      })
    await bar(group, { actor, userId, barredUntil: until })
  })
}

/**
 * Lets a member write again, also one who has left meanwhile.
 * @throws TidingsError NOT_FOUND (the group, or the user was never in it), FORBIDDEN, RATE_LIMITED
 */
export async function unmuteMember(
  deps: Deps,
  actor: Actor,
  { conversationId, userId }: MemberRef,
): Promise<void> {
  await changeGroup(deps, { actor, conversationId, people: [] }, (group) =>
    bar(group, { actor, userId, barredUntil: null }),
  )
}

interface Bar {
  readonly actor: Actor
  readonly userId: string
  readonly barredUntil: number | null
}

async function bar(group: LockedGroup, { actor, userId, barredUntil }: Bar): Promise<void> {
  const { at, row, journal } = group
  const own = await requireRole(group, actor, ['owner', 'admin'])
  const member = await findMember(at, row.key, userId)
  if (member === undefined) throw new TidingsError('NOT_FOUND')
  if (member.state !== 'active' && barredUntil !== null) throw new TidingsError('NOT_FOUND')
  requireRank(own, member)
  if (member.barredUntil === barredUntil) return
  const by = toEventActor(actor)
  const { userKey } = member
  await updateMember(at, { conversationKey: row.key, userKey }, { barredUntil })
  await journal.barSpans(row.messageStreamKey, [userKey], barredUntil)
  const body: EventOf<'member.muted'>['body'] = {
    conversationId: row.id,
    userId,
    barredUntil,
    mutedBy: by.id,
  }
  const streamKey = row.messageStreamKey
  await journal.append({ streamKey, type: 'member.muted', actor: by, body })
}
