import { accountRouter } from './account.ts'
import { adminRouter } from './admin.ts'
import { blockRouter } from './block.ts'
import { contactRouter } from './contact.ts'
import { conversationRouter } from './conversation.ts'
import { groupRouter } from './group.ts'
import { identityRouter } from './identity.ts'
import { messageRouter } from './message.ts'
import { notificationRouter } from './notification.ts'
import { oauthRouter } from './oauth.ts'
import { presenceRouter } from './presence.ts'
import { sessionRouter } from './session.ts'
import { syncRouter } from './sync.ts'
import { typingRouter } from './typing.ts'
import { createCallerFactory, router } from './trpc.ts'
import { userRouter } from './user.ts'

/** Every call that Tidings serves. The doors differ in how they carry a call, never in what it does. */
export const appRouter = router({
  account: accountRouter,
  session: sessionRouter,
  identity: identityRouter,
  user: userRouter,
  contact: contactRouter,
  block: blockRouter,
  conversation: conversationRouter,
  group: groupRouter,
  message: messageRouter,
  typing: typingRouter,
  presence: presenceRouter,
  notification: notificationRouter,
  sync: syncRouter,
  oauth: oauthRouter,
  admin: adminRouter,
})

/** What a typed client is made of. */
export type AppRouter = typeof appRouter

/**
 * The procedures as functions, for a door that knows which one it calls, and for embedders. Everything goes through the
 * router: limits, authorisation and the mapping of failures are there. Throws what `toTidingsError` understands.
 */
export const createCaller = createCallerFactory(appRouter)
