import type { Conversation, HistoryPolicy, JoinPolicy } from '@tidings/protocol/wire'
import type { Actor } from '../../src/services/actor.ts'
import { createGroup } from '../../src/services/group/create.ts'
import type { World } from './conversation-world.ts'

/** A group that the first of these makes with the others, by default as the protocol's own defaults are. */
export function newGroup(
  world: World<string>,
  [creator, ...others]: readonly [Actor, ...Actor[]],
  policies: { readonly joinPolicy?: JoinPolicy; readonly history?: HistoryPolicy } = {},
): Promise<Conversation> {
  const userIds = others.map(({ userId }) => userId)
  const defaults = { joinPolicy: 'invite', history: 'joined' } as const
  return createGroup(world.deps, creator, { name: 'group_1', userIds, ...defaults, ...policies })
}
