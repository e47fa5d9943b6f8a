/** The wire contract of Tidings: one file a noun, each with its schemas and types. */
export * from './wire.ts'
export {
  appBodySchema,
  deletedBodySchema,
  imageBodySchema,
  kindSchema,
  messageBodySchema,
  shownBodySchema,
  RESERVED_KINDS,
  textBodySchema,
  videoBodySchema,
} from './body.ts'
export {
  changePasswordSchema,
  confirmPasswordSchema,
  credentialsSchema,
  loginSchema,
  refreshSchema,
  registeredSchema,
  registerSchema,
  requestPasswordResetSchema,
  resetPasswordSchema,
  verifyEmailSchema,
} from './account.ts'
export { blockPageSchema, blockSchema } from './block.ts'
export {
  contactPageSchema,
  contactSchema,
  contactStateSchema,
  listContactsSchema,
} from './contact.ts'
export {
  conversationDataSchema,
  conversationKindSchema,
  conversationPageSchema,
  conversationRefSchema,
  conversationSchema,
  hideConversationSchema,
  historyPolicySchema,
  joinPolicySchema,
  listConversationsSchema,
  listMembersSchema,
  markUnreadSchema,
  memberPageSchema,
  memberSchema,
  openConversationSchema,
  roleSchema,
  unreadTotalSchema,
} from './conversation.ts'
export {
  eraseAccountSchema,
  exportInputSchema,
  exportItemSchema,
  exportPageSchema,
} from './export.ts'
export { eventSchema, signalSchema, typingSignalSchema } from './event.ts'
export {
  addedMembersSchema,
  addMembersSchema,
  createGroupSchema,
  removeMemberSchema,
  setRoleSchema,
  transferGroupSchema,
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
  createdInvitationSchema,
  createInvitationSchema,
  invitationCodeSchema,
  invitationPreviewSchema,
  invitationRefSchema,
  invitationSchema,
  invitationsSchema,
} from './invitation.ts'
export {
  deleteMessageSchema,
  directMessageSchema,
  directPageSchema,
  editMessageSchema,
  hiddenSchema,
  hideMessageSchema,
  itemErrorSchema,
  listDirectSchema,
  listMessagesSchema,
  listVersionsSchema,
  getMessageSchema,
  messagePageSchema,
  messageSchema,
  messageVersionSchema,
  replySchema,
  sendInputSchema,
  sendOutputSchema,
  sendSchema,
  sentSchema,
  versionPageSchema,
} from './message.ts'
export { pageInputSchema } from './page.ts'
export { preferenceSchema, updatePreferenceSchema } from './preference.ts'
export {
  banPageSchema,
  banSchema,
  listBansSchema,
  memberRefSchema,
  muteMemberSchema,
} from './moderation.ts'
export {
  notificationPageSchema,
  notificationRefsSchema,
  sendNotificationSchema,
  sentNotificationSchema,
  unreadNotificationsSchema,
} from './notification.ts'
export { reactedSchema, reactionSchema, reactionTextSchema, reactSchema } from './reaction.ts'
export { listPresenceSchema, presencesSchema, userPresenceSchema } from './presence.ts'
export {
  listReceiptsSchema,
  markInputSchema,
  markOutputSchema,
  markSchema,
  memberReceiptSchema,
  readInputSchema,
  readMarkSchema,
  countReceiptsSchema,
  receiptCountSchema,
  receiptKindSchema,
  receiptPageSchema,
  receiptSchema,
} from './receipt.ts'
export { searchMessagesSchema, searchPageSchema } from './search.ts'
export {
  beginSignInSchema,
  begunSignInSchema,
  completeSignInSchema,
  identityRefSchema,
  identitySchema,
  linkIdentitySchema,
  providerSchema,
} from './identity.ts'
export {
  deviceSchema,
  renameSessionSchema,
  createdSessionSchema,
  sessionRefSchema,
  sessionSchema,
  ticketSchema,
} from './session.ts'
export {
  compactPullSchema,
  headSchema,
  headsInputSchema,
  headsSchema,
  liveInputSchema,
  liveItemSchema,
  messageRowSchema,
  pullInputSchema,
  pullSchema,
  sinceInputSchema,
  sinceSchema,
} from './sync.ts'
export { isBlank, lineSchema, messageTextSchema } from './text.ts'
export { typingInputSchema } from './typing.ts'
export {
  emailSchema,
  listUsersSchema,
  passwordSchema,
  presenceForSchema,
  profileSchema,
  profilesSchema,
  publicUserSchema,
  updatePrivacySchema,
  updateProfileSchema,
  usernameSchema,
  userIdRefSchema,
  userRefSchema,
  userSchema,
} from './user.ts'
export {
  applyForScopesSchema,
  clientIdSchema,
  createOAuthClientSchema,
  createdOAuthClientSchema,
  oauthClientDetailsSchema,
  oauthClientRefSchema,
  oauthClientSchema,
  oauthClientSecretSchema,
  oauthConsentRefSchema,
  oauthConsentSchema,
  oauthReviewSchema,
  oauthScopeSchema,
  scopeNameSchema,
  scopeNamesSchema,
  submitOAuthClientSchema,
  updateOAuthClientSchema,
} from './oauth-client.ts'
export {
  adminClientDetailsSchema,
  adminClientPageSchema,
  adminClientSchema,
  adminListUsersSchema,
  adminReviewPageSchema,
  adminReviewSchema,
  adminUserPageSchema,
  adminUserSchema,
  auditEntrySchema,
  auditPageSchema,
  claimAdminSchema,
  createScopeSchema,
  decideReviewSchema,
  listAuditSchema,
  listReviewsSchema,
  adminSettingsSchema,
  scopeRefSchema,
  setClientScopesSchema,
  setClientSuspendedSchema,
  setClientSwitchesSchema,
  setUserRoleSchema,
  setUserSuspendedSchema,
  updateScopeSchema,
  updateSettingsSchema,
} from './admin.ts'
