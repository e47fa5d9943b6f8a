import { presenceInputSchema, presencesSchema } from '@tidings/protocol'
import { getPresence } from '../services/presence.ts'
import { authedProcedure, router } from './trpc.ts'

export const presenceRouter = router({
  get: authedProcedure
    .meta({ openapi: { method: 'POST', path: '/presence' } })
    .input(presenceInputSchema)
    .output(presencesSchema)
    .query(({ ctx, input }) => getPresence(ctx.deps, ctx.actor, input)),
})
