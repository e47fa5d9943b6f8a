import {
  type Conversation,
  type CreatedInvitation,
  type CreateInvitationInput,
  type Invitation,
  type InvitationPreview,
  type InvitationRef,
  LIMITS,
  TidingsError,
} from '@tidings/protocol/wire'
import { digestOf, randomToken } from '../../auth/primitives.ts'
import { hasBans } from '../../stores/ban.ts'
import {
  countInvitations,
  deleteClosedInvitations,
  deleteInvitation,
  findEntered,
  findOpenInvitation,
  insertInvitation,
  listInvitations as selectInvitations,
  noteInvitationUse,
  type OpenInvitation,
} from '../../stores/invitation.ts'
import { findMember } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import { getConversation } from '../conversation.ts'
import type { Deps } from '../deps.ts'
import { requirePeople, requireUnblocked } from '../people.ts'
import { admit, changeGroup, requireNotBanned, requireRole, requireSteward } from './roster.ts'

/**
 * An owner or admin makes a way in for whoever has its code, which is told this once: what is kept is a digest.
 * @throws TidingsError NOT_FOUND, FORBIDDEN, INVALID_INPUT for an end that is over, LIMIT_REACHED, RATE_LIMITED
 */
export async function createInvitation(
  deps: Deps,
  actor: Actor,
  input: CreateInvitationInput,
): Promise<CreatedInvitation> {
  const { conversationId, expiresAt = null, maxUses = null } = input
  const code = `tdi_${randomToken()}`
  const id = deps.machine.newId()
  const place = { actor, conversationId, people: [] }
  const createdAt = await changeGroup(deps, place, async (group) => {
    await requireRole(group, actor, ['owner', 'admin'])
    const now = await group.journal.now()
    if (expiresAt !== null && expiresAt <= now)
      throw new TidingsError('INVALID_INPUT', undefined, {
        fields: [{ path: 'expiresAt', message: 'is over' }],
      })
    const conversationKey = group.row.key
    await deleteClosedInvitations(group.at, conversationKey, now)
    if ((await countInvitations(group.at, conversationKey)) >= LIMITS.groupInvitations)
      throw new TidingsError('LIMIT_REACHED')
    const made = { id, digest: digestOf(code), conversationKey, createdBy: actor.userKey }
    await insertInvitation(group.at, { ...made, createdAt: now, expiresAt, maxUses })
    return now
  })
  const createdBy = actor.userId
  return { id, conversationId, createdBy, createdAt, expiresAt, maxUses, uses: 0, code }
}

/** Those that still open the group, for owners and admins. @throws TidingsError NOT_FOUND, FORBIDDEN */
export async function listInvitations(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string },
): Promise<Invitation[]> {
  const { conversationKey } = await requireSteward(deps, actor, input.conversationId)
  const now = await deps.database.now()
  return [...(await selectInvitations(deps.database, conversationKey, now))]
}

/** Ends one; ending it twice, or one that is over, is no error. @throws TidingsError NOT_FOUND, FORBIDDEN, RATE_LIMITED */
export async function revokeInvitation(
  deps: Deps,
  actor: Actor,
  { conversationId, invitationId }: InvitationRef,
): Promise<void> {
  await changeGroup(deps, { actor, conversationId, people: [] }, async (group) => {
    await requireRole(group, actor, ['owner', 'admin'])
    await deleteInvitation(group.at, { conversationKey: group.row.key, id: invitationId })
  })
}

/**
 * What a code opens: name and number of members, and no more.
 * @throws TidingsError NOT_FOUND for every code that opens nothing for the actor, FORBIDDEN when he is banned
 */
export async function previewInvitation(
  deps: Deps,
  actor: Actor,
  { code }: { readonly code: string },
): Promise<InvitationPreview> {
  const { conversationKey, name, memberCount } = await requireOpen(deps, actor, code)
  if (await hasBans(deps.database, conversationKey, [actor.userKey]))
    throw new TidingsError('FORBIDDEN')
  return { name: name ?? '', memberCount }
}

/**
 * Comes in by a code. Being in already is no error and uses nothing up, also when it was the last use.
 * @throws TidingsError NOT_FOUND for every code that opens nothing for the actor; FORBIDDEN when he was removed or is banned;
 * GROUP_FULL, RATE_LIMITED
 */
export async function acceptInvitation(
  deps: Deps,
  actor: Actor,
  { code }: { readonly code: string },
): Promise<Conversation> {
  const entered = await findEntered(deps.database, digestOf(code), actor.userKey)
  if (entered !== undefined) return getConversation(deps, actor, { conversationId: entered })
  const known = await requireOpen(deps, actor, code)
  const { conversationId } = known
  const people = await requirePeople(deps, [actor.userId])
  await changeGroup(deps, { actor, conversationId, people, streams: known }, async (group) => {
    const { at, journal, row } = group
    const state = (await findMember(at, row.key, actor.userId))?.state
    if (state === 'active') return
    // As it is under the lock: of many who come at once, the last place is one's.
    const open = await findOpenInvitation(at, digestOf(code), await journal.now())
    if (open === undefined) throw new TidingsError('NOT_FOUND')
    await requireUnblocked(at, actor, [{ key: open.creatorKey }])
    if (state === 'removed') throw new TidingsError('FORBIDDEN')
    await requireNotBanned(group, people)
    await admit(group, { people, by: null })
    await noteInvitationUse(at, open.key)
  })
  return getConversation(deps, actor, { conversationId })
}

/** @throws TidingsError NOT_FOUND, FORBIDDEN */
async function requireOpen(deps: Deps, actor: Actor, code: string): Promise<OpenInvitation> {
  const { database } = deps
  const open = await findOpenInvitation(database, digestOf(code), await database.now())
  if (open === undefined) throw new TidingsError('NOT_FOUND')
  await requireUnblocked(database, actor, [{ key: open.creatorKey }])
  return open
}
