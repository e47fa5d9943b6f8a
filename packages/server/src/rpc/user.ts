import { publicUserSchema, userRefSchema } from '@tidings/protocol'
import { getUser } from '../services/user.ts'
import { authedProcedure, router } from './trpc.ts'

export const userRouter = router({
  // Not in REST yet: its input is a choice, which a path or a query cannot say.
  get: authedProcedure
    .input(userRefSchema)
    .output(publicUserSchema)
    .query(({ ctx, input }) => getUser(ctx.deps, ctx.actor, input)),
})
