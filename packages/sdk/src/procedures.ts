import type {
  ChangePasswordInput,
  Conversation,
  ConversationPage,
  CreateGroupInput,
  Credentials,
  DeleteMessageInput,
  Device,
  EditMessageInput,
  Heads,
  HeadsInput,
  ItemError,
  ListMessagesInput,
  LoginInput,
  MarkInput,
  MemberPage,
  Message,
  MessagePage,
  OpenConversationInput,
  PageInput,
  PresenceInput,
  PublicUser,
  Pull,
  PullInput,
  ReceiptCount,
  Registered,
  RegisterInput,
  Role,
  SendInput,
  SendOutput,
  Session,
  SessionCreated,
  Since,
  SinceInput,
  Ticket,
  TypingInput,
  UpdateGroupInput,
  User,
  UserPresence,
  UserRef,
} from '@tidings/protocol/wire'

interface Procedure<Input, Output> {
  readonly input: Input
  readonly output: Output
}

interface ConversationRef {
  readonly conversationId: string
}

interface SessionRef {
  readonly sessionId: string
}

type MarkOutput = { ok: true } | ({ ok: true } | ItemError)[]

/** Procedures that only read, with what they take and answer. Written out, so that no type of the server is published. */
export interface Queries {
  'account.me': Procedure<void, User>
  'session.list': Procedure<void, Session[]>
  'user.get': Procedure<UserRef, PublicUser>
  'conversation.get': Procedure<ConversationRef, Conversation>
  'conversation.list': Procedure<PageInput, ConversationPage>
  'group.members': Procedure<ConversationRef & PageInput, MemberPage>
  'message.list': Procedure<ListMessagesInput, MessagePage>
  'message.receiptCount': Procedure<ConversationRef & { readonly seq: number }, ReceiptCount>
  'presence.get': Procedure<PresenceInput, UserPresence[]>
}

/** The other procedures. */
export interface Mutations {
  'account.register': Procedure<RegisterInput, Registered>
  'account.login': Procedure<LoginInput, Credentials>
  'account.refresh': Procedure<{ readonly refreshToken: string }, Credentials>
  'account.logout': Procedure<void, void>
  'account.changePassword': Procedure<ChangePasswordInput, void>
  'session.create': Procedure<Device, SessionCreated>
  'session.rename': Procedure<SessionRef & { readonly name: string }, Session>
  'session.revoke': Procedure<SessionRef, void>
  'session.revokeOthers': Procedure<void, void>
  'session.ticket': Procedure<void, Ticket>
  'conversation.open': Procedure<OpenConversationInput, Conversation>
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
  'message.send': Procedure<SendInput | SendInput[], SendOutput>
  'message.edit': Procedure<EditMessageInput, Message>
  'message.delete': Procedure<DeleteMessageInput, Message>
  'message.delivered': Procedure<MarkInput | MarkInput[], MarkOutput>
  'message.read': Procedure<MarkInput | MarkInput[], MarkOutput>
  'typing.start': Procedure<TypingInput, void>
  'typing.stop': Procedure<TypingInput, void>
  'sync.heads': Procedure<HeadsInput, Heads>
  'sync.pull': Procedure<PullInput, Pull>
  'sync.since': Procedure<SinceInput, Since>
}

/** Every procedure that is called, by path. */
export type Procedures = Queries & Mutations

/** The path of a procedure. */
export type Path = keyof Procedures

/** The paths of the procedures that only read: repeating such a call does no harm. */
export const QUERIES: Readonly<Record<keyof Queries, true>> = {
  'account.me': true,
  'session.list': true,
  'user.get': true,
  'conversation.get': true,
  'conversation.list': true,
  'group.members': true,
  'message.list': true,
  'message.receiptCount': true,
  'presence.get': true,
}
