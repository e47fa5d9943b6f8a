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
  TypedBody,
  TypedDirectPage,
  TypedEvent,
  TypedMessage,
  TypedMessagePage,
  TypedSearchPage,
  TypedVersionPage,
  UnknownBody,
} from './kinds.ts'
export type { AccountResource } from './resources/account.ts'
export type { AdminResource } from './resources/admin.ts'
export type { ExportRange } from './resources/export.ts'
export type { BlockResource } from './resources/block.ts'
export type { ContactResource } from './resources/contact.ts'
export type { ConversationResource } from './resources/conversation.ts'
export type { ConversationRef, GroupResource } from './resources/group.ts'
export type { IdentityResource } from './resources/identity.ts'
export type { MessageResource, OutgoingMessage, ReadInput } from './resources/message.ts'
export type { OAuthResource } from './resources/oauth.ts'
export type { NotificationResource, OutgoingNotification } from './resources/notification.ts'
export type { PresenceResource } from './resources/presence.ts'
export type { SessionResource } from './resources/session.ts'
export type { SyncResource } from './resources/sync.ts'
export type { TypingResource } from './resources/typing.ts'
export type { UserResource } from './resources/user.ts'
export { readData } from './read-data.ts'
export { memoryStorage } from './storage.ts'
export type { ClientStorage, KeyRange, StorageChange, StoredRow } from './storage.ts'
export type { TabSharing } from './news.ts'
export type { Readable } from './readable.ts'
export type { Edited, MessageTarget, Sending } from './sending.ts'
export type {
  ConversationItem,
  MemberItem,
  MessageItem,
  MessageState,
  ReplyItem,
} from './store/items.ts'
export type { NotificationList } from './store/notifications.ts'
export type { Presence } from './store/presence.ts'
export type { MessageList, Store, StoreUser } from './store/store.ts'
export type { ConversationList, MessageListState } from './store/views.ts'
export { memoryTokens } from './tokens.ts'
export type { AccessTokenSource, TokenStore } from './tokens.ts'
export type { CloseLike, WebSocketClass, WebSocketLike } from './websocket.ts'
export type { Mark, Position, ResetReason } from '@tidings/protocol/sync'
export {
  ERRORS,
  EVENTS,
  FOREVER,
  isTidingsError,
  LIMITS,
  nameKey,
  TidingsError,
} from '@tidings/protocol/wire'
export type {
  AdminClient,
  AdminClientDetails,
  AdminClientPage,
  AdminListUsersInput,
  AdminReview,
  AdminReviewPage,
  AdminSettings,
  AdminUser,
  AdminUserPage,
  ApplyForScopesInput,
  AuditEntry,
  AuditPage,
  Ban,
  BanPage,
  Block,
  BlockPage,
  BeginSignInInput,
  BegunSignIn,
  BodyOf,
  ChangePasswordInput,
  ClaimAdminInput,
  Contact,
  ContactPage,
  ContactState,
  Conversation,
  ConversationKind,
  ConversationPage,
  CreatedInvitation,
  CreateGroupInput,
  CreateInvitationInput,
  CreateOAuthClientInput,
  CreateScopeInput,
  Credentials,
  DecideReviewInput,
  DeletedBody,
  Device,
  DirectMessage,
  EraseAccountInput,
  ErrorCode,
  ErrorDetails,
  Event,
  EventOf,
  EventType,
  ExportInput,
  ExportItem,
  CompleteSignInInput,
  Heads,
  HeadsInput,
  HideConversationInput,
  Identity,
  ImageBody,
  Invitation,
  InvitationPreview,
  InvitationRef,
  Json,
  KindData,
  Kinds,
  KindSchema,
  LegacySwitch,
  ListAuditInput,
  ListContactsInput,
  LinkIdentityInput,
  ListConversationsInput,
  ListDirectInput,
  ListMessagesInput,
  ListReceiptsInput,
  ListReviewsInput,
  ListUsersInput,
  ListVersionsInput,
  LoginInput,
  MarkInput,
  MarkUnreadInput,
  Member,
  MemberPage,
  MemberReceipt,
  MemberRef,
  Message,
  GetMessageInput,
  MessagePage,
  MessageVersion,
  MuteMemberInput,
  NoKinds,
  Notification,
  NotificationItem,
  NotificationPage,
  NotificationRefs,
  OAuthClient,
  CreatedOAuthClient,
  OAuthClientDetails,
  OAuthClientRef,
  OAuthClientSecret,
  OAuthClientState,
  OAuthConsent,
  OAuthConsentRef,
  OAuthGrantType,
  OAuthReview,
  OAuthScope,
  OpenConversationInput,
  PageInput,
  Preference,
  PresenceFor,
  ListPresenceInput,
  Profile,
  IdentityProvider,
  PublicUser,
  Pull,
  PullInput,
  Reaction,
  Receipt,
  ReceiptCount,
  ReceiptPage,
  Registered,
  RegisterInput,
  Reply,
  ResetPasswordInput,
  Role,
  ScopeRef,
  SearchExcerpt,
  SearchHit,
  SearchMessagesInput,
  SearchPage,
  SendNotificationInput,
  Sent,
  SentNotification,
  Session,
  CreatedSession,
  SetClientScopesInput,
  SetClientSuspendedInput,
  SetClientSwitchesInput,
  SetUserRoleInput,
  SetUserSuspendedInput,
  Signal,
  SignalOf,
  Since,
  SinceInput,
  SubmitOAuthClientInput,
  TextBody,
  Ticket,
  TypingInput,
  TypingSignal,
  UnreadNotifications,
  UnreadTotal,
  UpdateGroupInput,
  UpdateOAuthClientInput,
  UpdatePreferenceInput,
  UpdatePrivacyInput,
  UpdateProfileInput,
  UpdateScopeInput,
  UpdateSettingsInput,
  User,
  UserPresence,
  UserIdRef,
  UserRef,
  VideoBody,
} from '@tidings/protocol/wire'
