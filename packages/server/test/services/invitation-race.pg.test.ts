import { isTidingsError } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import type { Actor } from '../../src/services/actor.ts'
import {
  acceptInvitation,
  createInvitation,
  listInvitations,
} from '../../src/services/group/invitation.ts'
import { expectSound, insertUsers, openWorld } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

test(
  '[INV6] of two hundred who come by one code at once, as many come in as it has uses',
  { timeout: 120_000 },
  async () => {
    await using world = await openWorld('postgres', ['ann'], {
      postgres: { writers: 12, readers: 4 },
    })
    const { ann } = world.users
    const people = await insertUsers(
      world.database,
      Array.from({ length: 200 }, (_, index) => `user-${index}`),
    )
    const { id: conversationId } = await newGroup(world, [ann])
    const { code } = await createInvitation(world.deps, ann, { conversationId, maxUses: 37 })
    // As a client does it: what may be repeated, since two hundred wait for one lock, is.
    const accept = async (actor: Actor): Promise<string> => {
      try {
        return (await acceptInvitation(world.deps, actor, { code })).id
      } catch (error) {
        if (!isTidingsError(error)) throw error
        return error.retryable ? accept(actor) : error.code
      }
    }
    const outcomes = await Promise.all(people.map(accept))
    expect(outcomes.filter((outcome) => outcome === conversationId)).toHaveLength(37)
    expect(outcomes.filter((outcome) => outcome === 'NOT_FOUND')).toHaveLength(163)
    expect(await listInvitations(world.deps, ann, { conversationId })).toEqual([])
    const made = { creatorId: ann.userId, userIds: [] }
    const members = await expectSound(world, conversationId, made)
    expect(members.size).toBe(38)
  },
)
