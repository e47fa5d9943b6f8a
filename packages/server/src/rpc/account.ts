import {
  changePasswordSchema,
  credentialsSchema,
  loginSchema,
  refreshSchema,
  registeredSchema,
  registerSchema,
  userSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { changePassword, getMe, login, register } from '../services/account.ts'
import { refresh } from '../services/refresh.ts'
import { logout } from '../services/session.ts'
import { authedProcedure, publicProcedure, router } from './trpc.ts'

export const accountRouter = router({
  register: publicProcedure
    .meta({ openapi: { method: 'POST', path: '/users' } })
    .input(registerSchema)
    .output(registeredSchema)
    .mutation(({ ctx, input }) => register(ctx.deps, ctx.source, input)),

  login: publicProcedure
    .meta({ openapi: { method: 'POST', path: '/login' } })
    .input(loginSchema)
    .output(credentialsSchema)
    .mutation(({ ctx, input }) => login(ctx.deps, ctx.source, input)),

  refresh: publicProcedure
    .meta({ openapi: { method: 'POST', path: '/refresh' } })
    .input(refreshSchema)
    .output(credentialsSchema)
    .mutation(({ ctx, input }) => refresh(ctx.deps, input)),

  logout: authedProcedure
    .meta({ openapi: { method: 'POST', path: '/logout' } })
    .output(z.void())
    .mutation(({ ctx }) => logout(ctx.deps, ctx.actor)),

  me: authedProcedure
    .meta({ openapi: { method: 'GET', path: '/me' } })
    .output(userSchema)
    .query(({ ctx }) => getMe(ctx.deps, ctx.actor)),

  changePassword: authedProcedure
    .meta({ openapi: { method: 'PUT', path: '/me/password' } })
    .input(changePasswordSchema)
    .output(z.void())
    .mutation(({ ctx, input }) =>
      changePassword(ctx.deps, ctx.actor, { input, caller: ctx.source }),
    ),
})
