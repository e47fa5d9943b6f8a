import type {
  BanPage,
  BlockPage,
  ChangePasswordInput,
  CompactPull,
  Contact,
  ContactPage,
  Conversation,
  ConversationPage,
  CreatedInvitation,
  CreateGroupInput,
  CreateInvitationInput,
  Credentials,
  DeleteMessageInput,
  Device,
  DirectPage,
  EditMessageInput,
  EraseAccountInput,
  ExportInput,
  ExportPage,
  Heads,
  HeadsInput,
  HideConversationInput,
  HideMessageInput,
  Invitation,
  InvitationPreview,
  InvitationRef,
  ItemError,
  ListContactsInput,
  ListConversationsInput,
  ListDirectInput,
  ListMessagesInput,
  ListReceiptsInput,
  ListUsersInput,
  ListVersionsInput,
  LoginInput,
  MarkInput,
  MarkUnreadInput,
  MemberPage,
  MemberRef,
  Message,
  GetMessageInput,
  MessagePage,
  NotificationPage,
  NotificationRefs,
  MuteMemberInput,
  OpenConversationInput,
  PageInput,
  Preference,
  ListPresenceInput,
  Profile,
  Pull,
  PullInput,
  ReactInput,
  ReadMarkInput,
  ReceiptCount,
  ReceiptPage,
  Registered,
  RegisterInput,
  ResetPasswordInput,
  Role,
  SearchMessagesInput,
  SearchPage,
  SendInput,
  SendNotificationInput,
  SendOutput,
  SentNotification,
  Session,
  CreatedSession,
  Since,
  SinceInput,
  Ticket,
  TypingInput,
  UnreadTotal,
  UnreadNotifications,
  UpdateGroupInput,
  UpdatePreferenceInput,
  UpdatePrivacyInput,
  UpdateProfileInput,
  User,
  UserPresence,
  UserIdRef,
  UserRef,
  VersionPage,
} from '@tidings/protocol/wire'
import type { AppMutations, AppQueries } from './app-procedures.ts'
import type { Procedure } from './procedure.ts'

interface ConversationRef {
  readonly conversationId: string
}

interface Code {
  readonly code: string
}

interface SessionRef {
  readonly sessionId: string
}

type MarkOutput = { ok: true } | ({ ok: true } | ItemError)[]

/** Procedures that only read, with what they take and answer. Written out, so that no type of the server is published. */
export interface Queries extends AppQueries {
  'account.get': Procedure<void, User>
  'account.export': Procedure<ExportInput, ExportPage>
  'session.list': Procedure<void, Session[]>
  'user.get': Procedure<UserRef, Profile>
  'user.list': Procedure<ListUsersInput, Profile[]>
  'contact.list': Procedure<ListContactsInput, ContactPage>
  'block.list': Procedure<PageInput, BlockPage>
  'conversation.findDirect': Procedure<OpenConversationInput, Conversation | null>
  'conversation.get': Procedure<ConversationRef, Conversation>
  'conversation.list': Procedure<ListConversationsInput, ConversationPage>
  'conversation.countUnread': Procedure<void, UnreadTotal>
  'group.listMembers': Procedure<ConversationRef & PageInput, MemberPage>
  'message.get': Procedure<GetMessageInput, Message>
  'group.listBans': Procedure<ConversationRef & PageInput, BanPage>
  'group.listInvitations': Procedure<ConversationRef, Invitation[]>
  'group.previewInvitation': Procedure<Code, InvitationPreview>
  'message.list': Procedure<ListMessagesInput, MessagePage>
  'message.listReceipts': Procedure<ListReceiptsInput, ReceiptPage>
  'message.listDirect': Procedure<ListDirectInput, DirectPage>
  'message.listVersions': Procedure<ListVersionsInput, VersionPage>
  'message.search': Procedure<SearchMessagesInput, SearchPage>
  'message.countReceipts': Procedure<ConversationRef & { readonly seq: number }, ReceiptCount>
  'presence.list': Procedure<ListPresenceInput, UserPresence[]>
  'notification.list': Procedure<PageInput, NotificationPage>
  'notification.countUnread': Procedure<void, UnreadNotifications>
}

/** The other procedures. */
export interface Mutations extends AppMutations {
  'account.register': Procedure<RegisterInput, Registered>
  'account.login': Procedure<LoginInput, Credentials>
  'account.refresh': Procedure<{ readonly refreshToken: string }, Credentials>
  'account.logout': Procedure<void, void>
  'account.changePassword': Procedure<ChangePasswordInput, void>
  'account.confirmPassword': Procedure<{ readonly password: string }, void>
  'account.requestEmailVerification': Procedure<void, void>
  'account.verifyEmail': Procedure<Code, void>
  'account.requestPasswordReset': Procedure<{ readonly email: string }, void>
  'account.resetPassword': Procedure<ResetPasswordInput, void>
  'account.erase': Procedure<EraseAccountInput, void>
  'account.updateProfile': Procedure<UpdateProfileInput, User>
  'account.updatePrivacy': Procedure<UpdatePrivacyInput, User>
  'contact.request': Procedure<UserRef, Contact>
  'contact.accept': Procedure<UserIdRef, Contact>
  'contact.decline': Procedure<UserIdRef, void>
  'contact.remove': Procedure<UserIdRef, void>
  'block.create': Procedure<UserRef, void>
  'block.delete': Procedure<UserRef, void>
  'session.create': Procedure<Device, CreatedSession>
  'session.rename': Procedure<SessionRef & { readonly name: string }, Session>
  'session.revoke': Procedure<SessionRef, void>
  'session.revokeOthers': Procedure<void, void>
  'session.createTicket': Procedure<void, Ticket>
  'conversation.open': Procedure<OpenConversationInput, Conversation>
  'conversation.updatePreference': Procedure<UpdatePreferenceInput, Preference>
  'conversation.hide': Procedure<HideConversationInput, void>
  'conversation.markUnread': Procedure<MarkUnreadInput, void>
  'group.create': Procedure<CreateGroupInput, Conversation>
  'group.update': Procedure<UpdateGroupInput, Conversation>
  'group.join': Procedure<ConversationRef, Conversation>
  'group.leave': Procedure<ConversationRef, void>
  'group.addMembers': Procedure<
    ConversationRef & { readonly userIds: string[] },
    { added: string[] }
  >
  'group.removeMember': Procedure<ConversationRef & { readonly userId: string }, void>
  'group.setRole': Procedure<
    ConversationRef & { readonly userId: string; readonly role: Role },
    void
  >
  'group.transfer': Procedure<ConversationRef & { readonly userId: string }, void>
  'group.muteMember': Procedure<MuteMemberInput, void>
  'group.unmuteMember': Procedure<MemberRef, void>
  'group.banMember': Procedure<MemberRef, void>
  'group.unbanMember': Procedure<MemberRef, void>
  'group.createInvitation': Procedure<CreateInvitationInput, CreatedInvitation>
  'group.revokeInvitation': Procedure<InvitationRef, void>
  'group.acceptInvitation': Procedure<Code, Conversation>
  'message.send': Procedure<SendInput | SendInput[], SendOutput>
  'message.edit': Procedure<EditMessageInput, Message>
  'message.delete': Procedure<DeleteMessageInput, Message>
  'message.react': Procedure<ReactInput, Message>
  'message.hide': Procedure<HideMessageInput, void>
  'message.delivered': Procedure<MarkInput | MarkInput[], MarkOutput>
  'message.read': Procedure<ReadMarkInput | ReadMarkInput[], MarkOutput>
  'notification.send': Procedure<SendNotificationInput, SentNotification>
  'notification.read': Procedure<NotificationRefs, void>
  'notification.remove': Procedure<NotificationRefs, void>
  'typing.start': Procedure<TypingInput, void>
  'typing.stop': Procedure<TypingInput, void>
  'sync.heads': Procedure<HeadsInput, Heads>
  'sync.pull': Procedure<PullInput, Pull>
  'sync.pullCompact': Procedure<PullInput, CompactPull>
  'sync.since': Procedure<SinceInput, Since>
}

/** Every procedure that is called, by path. */
export type Procedures = Queries & Mutations

/** The path of a procedure. */
export type Path = keyof Procedures

/** Procedures that only read have one of these verbs, and no other has: nobody needs a list of them. */
const READS = /\.(count|export|find|get|list|preview|search)/

/** True for a procedure that only reads: repeating such a call does no harm. */
export function isQuery(path: string): boolean {
  return READS.test(path)
}
