/** What both sides need at run time without a schema library: tables, limits, errors; and every type. */
export { PROTOCOL_VERSION } from './version.ts'
export { ERRORS, TidingsError, isErrorCode, isTidingsError } from './errors.ts'
export type {
  ErrorCode,
  ErrorDetails,
  ErrorKind,
  FieldProblem,
  TidingsErrorOptions,
} from './errors.ts'
export { CLOSE_CODES, closeCodeOf } from './close-codes.ts'
export type { CloseCode, KnownCloseCode } from './close-codes.ts'
export { expandPull } from './expand-pull.ts'
export { linkProblem } from './link.ts'
export { APP_LIMITS } from './app-limits.ts'
export { CLIENT_LIMITS } from './client-limits.ts'
export { LIMITS } from './limits.ts'
export {
  BASE_SCOPES,
  LEGACY_SWITCHES,
  OAUTH_GRANT_TYPES,
  RESTRICTED_SCOPES,
  SCOPES,
} from './scopes.ts'
export type { LegacySwitch, OAuthClientState, OAuthGrantType, Scope } from './scopes.ts'
export { nameKey } from './name-key.ts'
export { EVENTS, METHODS } from './numbers.ts'
export type { EventNumber, MethodNumber, NumberedEventName, NumberedPath } from './numbers.ts'
export { fitsInBytes, isWellFormed, jsonProblem, textProblem, utf8Length } from './json.ts'
export type { Json } from './json.ts'
export type { BodyOf, KindData, KindResult, KindSchema, Kinds, NoKinds } from './kinds.ts'
export type { Block, BlockPage } from './block.ts'
export type { EraseAccountInput, ExportInput, ExportItem, ExportPage } from './export.ts'
export type { Contact, ContactPage, ContactState, ListContactsInput } from './contact.ts'
export type {
  CreatedInvitation,
  CreateInvitationInput,
  Invitation,
  InvitationPreview,
  InvitationRef,
} from './invitation.ts'
export type { Ban, BanPage, MemberRef, MuteMemberInput } from './moderation.ts'
export type {
  AppBody,
  DeletedBody,
  ImageBody,
  MessageBody,
  ShownBody,
  TextBody,
  VideoBody,
} from './body.ts'
export type {
  ChangePasswordInput,
  Credentials,
  LoginInput,
  Registered,
  RegisterInput,
  ResetPasswordInput,
} from './account.ts'
export type {
  Conversation,
  ConversationKind,
  ConversationPage,
  HideConversationInput,
  HistoryPolicy,
  JoinPolicy,
  ListConversationsInput,
  MarkUnreadInput,
  Member,
  MemberPage,
  OpenConversationInput,
  Role,
  UnreadTotal,
} from './conversation.ts'
export { FOREVER } from './forever.ts'
export type { PageInput } from './page.ts'
export type { Preference, UpdatePreferenceInput } from './preference.ts'
export type {
  Event,
  EventOf,
  EventType,
  Signal,
  SignalOf,
  SignalType,
  TypingSignal,
} from './event.ts'
export type { CreateGroupInput, UpdateGroupInput } from './group.ts'
export type {
  DeleteMessageInput,
  DirectMessage,
  DirectPage,
  EditMessageInput,
  HideMessageInput,
  ItemError,
  ListDirectInput,
  ListMessagesInput,
  ListVersionsInput,
  Message,
  GetMessageInput,
  MessagePage,
  MessageVersion,
  Reply,
  SendInput,
  SendOutput,
  Sent,
  VersionPage,
} from './message.ts'
export type { MessageRef } from './message-ref.ts'
export type { Reacted, Reaction, ReactInput } from './reaction.ts'
export type {
  Notification,
  NotificationItem,
  NotificationPage,
  NotificationRefs,
  SendNotificationInput,
  SentNotification,
  UnreadNotifications,
} from './notification.ts'
export type { ListPresenceInput, UserPresence } from './presence.ts'
export type {
  ListReceiptsInput,
  MarkInput,
  MemberReceipt,
  ReadMarkInput,
  Receipt,
  ReceiptCount,
  ReceiptKind,
  ReceiptPage,
} from './receipt.ts'
export type { SearchExcerpt, SearchHit, SearchMessagesInput, SearchPage } from './search.ts'
export type {
  BeginSignInInput,
  BegunSignIn,
  CompleteSignInInput,
  Identity,
  LinkIdentityInput,
  IdentityProvider,
} from './identity.ts'
export type { Device, Session, CreatedSession, Ticket } from './session.ts'
export type {
  CompactPull,
  Head,
  Heads,
  HeadsInput,
  LiveItem,
  MessageRow,
  Position,
  Pull,
  PulledStream,
  PullInput,
  ResetReason,
  Since,
  SinceInput,
  StreamReset,
} from './sync.ts'
export type { TypingInput } from './typing.ts'
export type {
  ApplyForScopesInput,
  CreateOAuthClientInput,
  OAuthClient,
  CreatedOAuthClient,
  OAuthClientDetails,
  OAuthClientRef,
  OAuthClientSecret,
  OAuthConsent,
  OAuthConsentRef,
  OAuthReview,
  OAuthScope,
  SubmitOAuthClientInput,
  UpdateOAuthClientInput,
} from './oauth-client.ts'
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
  AuditEntry,
  AuditPage,
  ClaimAdminInput,
  CreateScopeInput,
  DecideReviewInput,
  ListAuditInput,
  ListReviewsInput,
  ScopeRef,
  SetClientScopesInput,
  SetClientSuspendedInput,
  SetClientSwitchesInput,
  SetUserRoleInput,
  SetUserSuspendedInput,
  UpdateScopeInput,
  UpdateSettingsInput,
} from './admin.ts'
export type {
  ListUsersInput,
  PresenceFor,
  Profile,
  PublicUser,
  UpdatePrivacyInput,
  UpdateProfileInput,
  User,
  UserIdRef,
  UserRef,
} from './user.ts'
