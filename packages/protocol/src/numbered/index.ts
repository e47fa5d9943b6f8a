/** The numbered JSON protocol of seed 002: every frame, every call, and their translation to the typed contract. */
export { toNumberedBody } from './body.ts'
export type { NumberedBody } from './body.ts'
export { callSchema, isMethodNumber, readCall } from './call.ts'
export type { Call } from './call.ts'
export { CALLS, decodeSend, sinceBodySchema, toSentResult } from './calls.ts'
export type { CallCodec, CallResult } from './calls.ts'
export {
  eventId,
  toAcceptedFrame,
  toCaughtUpFrame,
  toErrorFrame,
  toFrame,
  toReceiptFrames,
  toResultFrame,
  toSignalFrame,
} from './events.ts'
export type { OwnMessage, RefusedCall, SingleFrameEvent } from './events.ts'
export {
  acceptedFrameSchema,
  callIdSchema,
  caughtUpFrameSchema,
  conversationFrameSchema,
  deletedFrameSchema,
  deliveredFrameSchema,
  editedFrameSchema,
  errorFrameSchema,
  frameSchema,
  groupUpdatedFrameSchema,
  hiddenFrameSchema,
  hiddenMessageFrameSchema,
  markFrameSchema,
  memberJoinedFrameSchema,
  memberLeftFrameSchema,
  messageFrameSchema,
  preferenceFrameSchema,
  notificationFrameSchema,
  notificationUpdatedFrameSchema,
  presenceFrameSchema,
  reactedFrameSchema,
  readFrameSchema,
  resultFrameSchema,
  typingStartedFrameSchema,
  typingStoppedFrameSchema,
} from './frames.ts'
export type { CallId, Frame, FrameOf } from './frames.ts'
