import { listPresenceSchema, presencesSchema } from '@tidings/protocol'
import { listPresence } from '../services/presence.ts'
import { authedProcedure, router } from './trpc.ts'

export const presenceRouter = router({
  list: authedProcedure
    .meta({
      scope: 'presence:read',
      openapi: {
        method: 'POST',
        path: '/presence/list',
        summary: 'Who of up to 100 users is online.',
      },
    })
    .input(listPresenceSchema)
    .output(presencesSchema)
    .query(({ ctx, input }) => listPresence(ctx.deps, ctx.actor, input)),
})
