import { listUsersSchema, profileSchema, profilesSchema, userRefSchema } from '@tidings/protocol'
import { getUser, listUsers } from '../services/user.ts'
import { authedProcedure, router } from './trpc.ts'

export const userRouter = router({
  get: authedProcedure
    .meta({
      scope: 'users:read',
      whenLimited: true,
      openapi: {
        method: 'GET',
        path: '/users/lookup',
        summary: 'What others see of a user, by `userId` or by `username`.',
      },
    })
    .input(userRefSchema)
    .output(profileSchema)
    .query(({ ctx, input }) => getUser(ctx.deps, ctx.actor, input)),

  list: authedProcedure
    .meta({
      scope: 'users:read',
      whenLimited: true,
      openapi: {
        method: 'POST',
        path: '/users/list',
        summary: 'What others see of up to 100 users.',
      },
    })
    .input(listUsersSchema)
    .output(profilesSchema)
    .query(({ ctx, input }) => listUsers(ctx.deps, ctx.actor, input)),
})
