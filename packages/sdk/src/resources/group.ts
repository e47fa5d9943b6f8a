import type {
  BanPage,
  Conversation,
  CreatedInvitation,
  CreateGroupInput,
  CreateInvitationInput,
  Invitation,
  InvitationPreview,
  InvitationRef,
  MemberPage,
  MemberRef,
  MuteMemberInput,
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
  /** Leaving twice is leaving once. When the last owner leaves, the longest-serving admin, else member, becomes owner. */
  leave(group: ConversationRef): Promise<void>
  /** Answers whom it has added; those who are members already are left out. */
  addMembers(input: ConversationRef & { readonly userIds: string[] }): Promise<{ added: string[] }>
  removeMember(input: ConversationRef & { readonly userId: string }): Promise<void>
  /** @throws TidingsError LAST_OWNER */
  setRole(input: ConversationRef & { readonly userId: string; readonly role: Role }): Promise<void>
  /**
   * An owner gives the group to a member, and is an admin from then on.
   * @throws TidingsError NOT_FOUND (the user is no member)
   */
  transfer(input: ConversationRef & { readonly userId: string }): Promise<void>
  listMembers(input: ConversationRef & PageInput): Promise<MemberPage>
  /** Keeps a member from writing until a time (milliseconds), or without end. Sends of his are MUTED. */
  muteMember(input: MuteMemberInput): Promise<void>
  unmuteMember(input: MemberRef): Promise<void>
  /** Removes a user, and keeps him out until the ban is taken back. */
  banMember(input: MemberRef): Promise<void>
  unbanMember(input: MemberRef): Promise<void>
  /** The banned, for owners and admins. */
  listBans(input: ConversationRef & PageInput): Promise<BanPage>
  /** Makes a way in for whoever has its code, which is told this once. @throws TidingsError LIMIT_REACHED */
  createInvitation(input: CreateInvitationInput): Promise<CreatedInvitation>
  /** The open ones, without their codes. */
  listInvitations(group: ConversationRef): Promise<Invitation[]>
  revokeInvitation(input: InvitationRef): Promise<void>
  /** Name and number of members. @throws TidingsError NOT_FOUND when the code opens nothing */
  previewInvitation(input: { readonly code: string }): Promise<InvitationPreview>
  /** Comes in. @throws TidingsError NOT_FOUND when the code opens nothing, GROUP_FULL */
  acceptInvitation(input: { readonly code: string }): Promise<Conversation>
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
    transfer: (input) => rpc('group.transfer', input),
    listMembers: (input) => rpc('group.listMembers', input),
    muteMember: (input) => rpc('group.muteMember', input),
    unmuteMember: (input) => rpc('group.unmuteMember', input),
    banMember: (input) => rpc('group.banMember', input),
    unbanMember: (input) => rpc('group.unbanMember', input),
    listBans: (input) => rpc('group.listBans', input),
    createInvitation: (input) => rpc('group.createInvitation', input),
    listInvitations: (group) => rpc('group.listInvitations', group),
    revokeInvitation: (input) => rpc('group.revokeInvitation', input),
    previewInvitation: (input) => rpc('group.previewInvitation', input),
    acceptInvitation: (input) => rpc('group.acceptInvitation', input),
  }
}
