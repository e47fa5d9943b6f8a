import type {
  Conversation,
  CreateGroupInput,
  MemberPage,
  PageInput,
  Role,
  UpdateGroupInput,
} from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** One conversation. */
export interface ConversationRef {
  readonly conversationId: string
}

/** Groups and their members. Every call throws NOT_FOUND to one who is no member, and FORBIDDEN to one who may not. */
export interface GroupResource {
  /**
   * Makes a group, under a new `clientConversationId` unless one is given. A call whose outcome is not known (NETWORK,
   * UNKNOWN_RETRY) may be repeated with the one that was given: it makes one group, for ever.
   * @throws TidingsError NOT_FOUND (a user), GROUP_FULL, IDEMPOTENCY_CONFLICT
   */
  create(input: CreateGroupInput): Promise<Conversation>
  update(input: UpdateGroupInput): Promise<Conversation>
  /** Comes into an open group, or back into one that the user left by himself. */
  join(group: ConversationRef): Promise<Conversation>
  /** @throws TidingsError LAST_OWNER */
  leave(group: ConversationRef): Promise<void>
  /** Answers whom it has added; those who are members already are left out. */
  addMembers(input: ConversationRef & { readonly userIds: string[] }): Promise<{ added: string[] }>
  removeMember(input: ConversationRef & { readonly userId: string }): Promise<void>
  /** @throws TidingsError LAST_OWNER */
  setRole(input: ConversationRef & { readonly userId: string; readonly role: Role }): Promise<void>
  members(input: ConversationRef & PageInput): Promise<MemberPage>
}

export function createGroup(rpc: Rpc, newId: () => string): GroupResource {
  return {
    create: ({ clientConversationId = newId(), ...input }) =>
      rpc('group.create', { clientConversationId, ...input }),
    update: (input) => rpc('group.update', input),
    join: (group) => rpc('group.join', group),
    leave: (group) => rpc('group.leave', group),
    addMembers: (input) => rpc('group.addMembers', input),
    removeMember: (input) => rpc('group.removeMember', input),
    setRole: (input) => rpc('group.setRole', input),
    members: (input) => rpc('group.members', input),
  }
}
