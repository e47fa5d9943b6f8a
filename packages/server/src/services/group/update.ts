import type { Conversation, EventOf, HistoryPolicy, JoinPolicy } from '@tidings/protocol/wire'
import { updateConversation } from '../../stores/conversation.ts'
import type { Actor } from '../actor.ts'
import { getConversation } from '../conversation.ts'
import type { Deps } from '../deps.ts'
import { changeGroup, requireRole, toEventActor } from './roster.ts'

/** What of a group can be changed; what is left out stays. */
interface Details {
  readonly name?: string | undefined
  readonly joinPolicy?: JoinPolicy | undefined
  readonly history?: HistoryPolicy | undefined
}

/**
 * An owner or admin changes details. Only what differs counts and is told. Another history policy is for those who come
 * later: what a member may see already stays as it is.
 * @throws TidingsError NOT_FOUND, FORBIDDEN
 */
export async function updateGroup(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string } & Details,
): Promise<Conversation> {
  const { conversationId } = input
  await changeGroup(deps, { actor, conversationId, people: [] }, async (group) => {
    await requireRole(group, actor, ['owner', 'admin'])
    const { key, messageStreamKey, ...current } = group.row
    const changed = differences(current, input)
    if (Object.keys(changed).length === 0) return
    const by = toEventActor(actor)
    const body: EventOf<'group.updated'>['body'] = { conversationId, updatedBy: by.id, ...changed }
    const event = { streamKey: messageStreamKey, type: 'group.updated', actor: by, body } as const
    const { ts } = await group.journal.append(event)
    await updateConversation(group.at, key, { ...changed, updatedAt: ts })
  })
  return getConversation(deps, actor, { conversationId })
}

function differences(
  current: {
    readonly name: string | null
    readonly joinPolicy: JoinPolicy
    readonly history: HistoryPolicy
  },
  { name, joinPolicy, history }: Details,
) {
  return {
    ...(name !== undefined && name !== current.name && { name }),
    ...(joinPolicy !== undefined && joinPolicy !== current.joinPolicy && { joinPolicy }),
    ...(history !== undefined && history !== current.history && { history }),
  }
}
