import type { Conversation, EventOf, HistoryPolicy, JoinPolicy, Json } from '@tidings/protocol/wire'
import { updateConversation } from '../../stores/conversation.ts'
import type { Actor } from '../actor.ts'
import { getConversation } from '../conversation.ts'
import type { Deps } from '../deps.ts'
import { checkConversationData } from '../conversation-data.ts'
import { isSameJson } from '../payload-hash.ts'
import { changeGroup, requireRole, toEventActor } from './roster.ts'

/** What of a group can be changed; what is left out stays. */
interface Details {
  readonly name?: string | undefined
  readonly joinPolicy?: JoinPolicy | undefined
  readonly history?: HistoryPolicy | undefined
  readonly data?: Json | null | undefined
}

/**
 * An owner or admin changes details. Only what differs counts and is told. Another history policy is for those who come
 * later: what a member may see already stays as it is.
 * @throws TidingsError NOT_FOUND, FORBIDDEN, INVALID_INPUT for data that the app's schema does not take
 */
export async function updateGroup(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string } & Details,
): Promise<Conversation> {
  const { conversationId } = input
  const wanted = { ...input, data: await checkConversationData(deps, input.data) }
  await changeGroup(deps, { actor, conversationId, people: [] }, async (group) => {
    await requireRole(group, actor, ['owner', 'admin'])
    const { key, messageStreamKey, ...current } = group.row
    const changed = differences(current, wanted)
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
    readonly data: Json | null
  },
  { name, joinPolicy, history, data }: Details,
) {
  return {
    ...(name !== undefined && name !== current.name && { name }),
    ...(joinPolicy !== undefined && joinPolicy !== current.joinPolicy && { joinPolicy }),
    ...(history !== undefined && history !== current.history && { history }),
    ...(data !== undefined && !isSameJson(data, current.data) && { data }),
  }
}
