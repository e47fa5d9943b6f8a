/** The wire contract of Tidings: one file a noun, each with its schemas and types. */
export * from './wire.ts'
export {
  changePasswordSchema,
  credentialsSchema,
  loginSchema,
  refreshSchema,
  registeredSchema,
  registerSchema,
} from './account.ts'
export {
  conversationPageSchema,
  conversationRefSchema,
  conversationSchema,
  historyPolicySchema,
  joinPolicySchema,
  listMembersSchema,
  memberPageSchema,
  memberSchema,
  openConversationSchema,
  pageInputSchema,
  roleSchema,
} from './conversation.ts'
export { eventSchema, signalSchema, typingSignalSchema } from './event.ts'
export {
  addedMembersSchema,
  addMembersSchema,
  createGroupSchema,
  removeMemberSchema,
  setRoleSchema,
  updateGroupSchema,
} from './group.ts'
export {
  clientMessageIdSchema,
  idSchema,
  seqSchema,
  streamSchema,
  tagSchema,
  timestampSchema,
} from './ids.ts'
export {
  appBodySchema,
  deletedBodySchema,
  deleteMessageSchema,
  editMessageSchema,
  itemErrorSchema,
  kindSchema,
  listMessagesSchema,
  messageBodySchema,
  messagePageSchema,
  messageSchema,
  receivedBodySchema,
  RESERVED_KINDS,
  sendInputSchema,
  sendOutputSchema,
  sendSchema,
  sentSchema,
  textBodySchema,
} from './message.ts'
export { presenceInputSchema, presencesSchema, userPresenceSchema } from './presence.ts'
export {
  markInputSchema,
  markOutputSchema,
  markSchema,
  receiptCountInputSchema,
  receiptCountSchema,
  receiptKindSchema,
  receiptSchema,
} from './receipt.ts'
export {
  deviceSchema,
  renameSessionSchema,
  sessionCreatedSchema,
  sessionRefSchema,
  sessionSchema,
  ticketSchema,
} from './session.ts'
export {
  headSchema,
  headsInputSchema,
  headsSchema,
  liveInputSchema,
  liveItemSchema,
  pullInputSchema,
  pullSchema,
  sinceInputSchema,
  sinceSchema,
} from './sync.ts'
export { isBlank, lineSchema, messageTextSchema, nameKey } from './text.ts'
export { typingInputSchema } from './typing.ts'
export {
  emailSchema,
  passwordSchema,
  publicUserSchema,
  usernameSchema,
  userRefSchema,
  userSchema,
} from './user.ts'
