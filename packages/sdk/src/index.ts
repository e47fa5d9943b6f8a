/** The client of a Tidings server. */
export { createClient } from './client.ts'
export type { TidingsClient } from './tidings-client.ts'
export type { CoreClient } from './core-client.ts'
export type { ClientOptions, Fetch } from './options.ts'
export type { ConnectionState, DisconnectReason } from './connection-state.ts'
export type { ClientEvents, StreamRestarted } from './events.ts'
export type {
  MessageCreated,
  MessageDeleted,
  MessageEdited,
  MessageEventType,
  ReceivedBody,
  ReceivedEvent,
  ReceivedMessage,
  ReceivedPage,
  UnknownBody,
} from './kinds.ts'
export type { AccountResource } from './resources/account.ts'
export type { ConversationResource } from './resources/conversation.ts'
export type { ConversationRef, GroupResource } from './resources/group.ts'
export type { MessageResource, OutgoingMessage, ReadInput } from './resources/message.ts'
export type { PresenceResource } from './resources/presence.ts'
export type { SessionResource } from './resources/session.ts'
export type { SyncResource } from './resources/sync.ts'
export type { TypingResource } from './resources/typing.ts'
export type { UserResource } from './resources/user.ts'
export { memoryStorage } from './storage.ts'
export type { ClientStorage, KeyRange, StorageChange, StoredRow } from './storage.ts'
export type { TabSharing } from './news.ts'
export type { Readable } from './readable.ts'
export type { MessageTarget, Sending } from './sending.ts'
export type { ConversationItem, MemberItem, MessageItem, MessageState } from './store/items.ts'
export type { Presence } from './store/presence.ts'
export type { MessageList, Store, StoreUser } from './store/store.ts'
export type { ConversationList, MessageListState } from './store/views.ts'
export { memoryTokens } from './tokens.ts'
export type { AccessTokenSource, TokenStore } from './tokens.ts'
export type { CloseLike, WebSocketClass, WebSocketLike } from './websocket.ts'
export type { Mark, Position, ResetReason } from '@tidings/protocol/sync'
export { ERRORS, EVENTS, isTidingsError, LIMITS, TidingsError } from '@tidings/protocol/wire'
export type {
  BodyOf,
  ChangePasswordInput,
  Conversation,
  ConversationPage,
  CreateGroupInput,
  Credentials,
  DeletedBody,
  Device,
  ErrorCode,
  ErrorDetails,
  Event,
  EventOf,
  EventType,
  Heads,
  HeadsInput,
  Json,
  Kinds,
  KindSchema,
  ListMessagesInput,
  LoginInput,
  MarkInput,
  Member,
  MemberPage,
  Message,
  MessagePage,
  NoKinds,
  OpenConversationInput,
  PageInput,
  PresenceInput,
  PublicUser,
  Pull,
  PullInput,
  Receipt,
  ReceiptCount,
  Registered,
  RegisterInput,
  Role,
  Sent,
  Session,
  SessionCreated,
  Signal,
  SignalOf,
  Since,
  SinceInput,
  Ticket,
  TypingInput,
  TypingSignal,
  UpdateGroupInput,
  User,
  UserPresence,
  UserRef,
} from '@tidings/protocol/wire'
