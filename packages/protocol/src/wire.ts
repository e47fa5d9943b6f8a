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
export { LIMITS } from './limits.ts'
export { EVENTS, METHODS } from './numbers.ts'
export type { EventNumber, MethodNumber, NumberedEventName, NumberedPath } from './numbers.ts'
export { isWellFormed, jsonProblem, textProblem, utf8Length } from './json.ts'
export type { Json } from './json.ts'
export type { BodyOf, KindData, KindResult, KindSchema, Kinds, NoKinds } from './kinds.ts'
export type {
  ChangePasswordInput,
  Credentials,
  LoginInput,
  Registered,
  RegisterInput,
} from './account.ts'
export type {
  Conversation,
  ConversationPage,
  HistoryPolicy,
  JoinPolicy,
  Member,
  MemberPage,
  OpenConversationInput,
  PageInput,
  Role,
} from './conversation.ts'
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
  AppBody,
  DeletedBody,
  DeleteMessageInput,
  EditMessageInput,
  ItemError,
  ListMessagesInput,
  Message,
  MessageBody,
  MessagePage,
  MessageRef,
  ReceivedMessageBody,
  SendInput,
  SendOutput,
  Sent,
  TextBody,
} from './message.ts'
export type { PresenceInput, UserPresence } from './presence.ts'
export type { MarkInput, Receipt, ReceiptCount, ReceiptKind } from './receipt.ts'
export type { Device, Session, SessionCreated, Ticket } from './session.ts'
export type {
  Head,
  Heads,
  HeadsInput,
  LiveItem,
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
export type { PublicUser, User, UserRef } from './user.ts'
