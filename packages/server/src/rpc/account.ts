import {
  changePasswordSchema,
  confirmPasswordSchema,
  credentialsSchema,
  eraseAccountSchema,
  exportInputSchema,
  exportPageSchema,
  loginSchema,
  refreshSchema,
  registeredSchema,
  registerSchema,
  requestPasswordResetSchema,
  resetPasswordSchema,
  updatePrivacySchema,
  updateProfileSchema,
  userSchema,
  verifyEmailSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { changePassword, getMe, login, register } from '../services/account.ts'
import { confirmPassword } from '../services/confirmation.ts'
import { eraseAccount } from '../services/erasure.ts'
import { exportAccount } from '../services/export.ts'
import {
  requestEmailVerification,
  requestPasswordReset,
  resetPassword,
  verifyEmail,
} from '../services/mail.ts'
import { updatePrivacy, updateProfile } from '../services/profile.ts'
import { refresh } from '../services/refresh.ts'
import { logout } from '../services/session.ts'
import { authedProcedure, publicProcedure, router } from './trpc.ts'

export const accountRouter = router({
  register: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/users',
        summary: 'Registers a user; with `signIn` also signs in.',
      },
    })
    .input(registerSchema)
    .output(registeredSchema)
    .mutation(({ ctx, input }) => register(ctx.deps, ctx.source, input)),

  login: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/login',
        summary: 'Signs in by username or e-mail address.',
      },
    })
    .input(loginSchema)
    .output(credentialsSchema)
    .mutation(({ ctx, input }) => login(ctx.deps, ctx.source, input)),

  refresh: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/refresh',
        summary: 'Exchanges a refresh token, which is used up by it.',
      },
    })
    .input(refreshSchema)
    .output(credentialsSchema)
    .mutation(({ ctx, input }) => refresh(ctx.deps, input)),

  logout: authedProcedure
    .meta({
      scope: null,
      openapi: { method: 'POST', path: '/logout', summary: 'Ends the session of the caller.' },
    })
    .output(z.void())
    .mutation(({ ctx }) => logout(ctx.deps, ctx.actor)),

  get: authedProcedure
    .meta({
      scope: 'account:read',
      whenLimited: true,
      openapi: { method: 'GET', path: '/me', summary: 'The caller, as he sees himself.' },
    })
    .output(userSchema)
    .query(({ ctx }) => getMe(ctx.deps, ctx.actor)),

  requestEmailVerification: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/me/email/verification',
        summary: 'Sends the caller a mail with a code that shows that his address is his.',
      },
    })
    .output(z.void())
    .mutation(({ ctx }) => requestEmailVerification(ctx.deps, ctx.actor, ctx.source)),

  verifyEmail: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/email/verification',
        summary: 'Takes the code of such a mail.',
      },
    })
    .input(verifyEmailSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => verifyEmail(ctx.deps, input)),

  requestPasswordReset: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/password/reset',
        summary: 'Sends whoever has an address a code to choose another password by.',
      },
    })
    .input(requestPasswordResetSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => requestPasswordReset(ctx.deps, ctx.source, input)),

  resetPassword: publicProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/password/reset',
        summary: 'Chooses another password by the code of such a mail.',
      },
    })
    .input(resetPasswordSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => resetPassword(ctx.deps, input)),

  updateProfile: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PATCH',
        path: '/me',
        summary: 'Changes what the caller tells of himself; null takes it away.',
      },
    })
    .input(updateProfileSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => updateProfile(ctx.deps, ctx.actor, input)),

  updatePrivacy: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PUT',
        path: '/me/privacy',
        summary: 'Says who may see that the caller is online.',
      },
    })
    .input(updatePrivacySchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => updatePrivacy(ctx.deps, ctx.actor, input)),

  export: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/me/export',
        summary:
          'A part of what the caller may see of himself and of his conversations; all of it as lines of JSON to who accepts application/x-ndjson.',
      },
    })
    .input(exportInputSchema)
    .output(exportPageSchema)
    .query(({ ctx, input }) => exportAccount(ctx.deps, ctx.actor, input)),

  erase: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/me/erase',
        summary: 'Erases the account of the caller, for good.',
      },
    })
    .input(eraseAccountSchema)
    .output(z.void())
    .mutation(({ ctx, input }) =>
      eraseAccount(ctx.deps, ctx.actor, { password: input.password, caller: ctx.source }),
    ),

  confirmPassword: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/me/password/confirm',
        summary: 'Shows again that it is the user himself; good for ten minutes.',
      },
    })
    .input(confirmPasswordSchema)
    .output(z.void())
    .mutation(({ ctx, input }) =>
      confirmPassword(ctx.deps, ctx.actor, { ...input, caller: ctx.source }),
    ),

  changePassword: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PUT',
        path: '/me/password',
        summary: 'Changes the password; the other sessions end unless told not to.',
      },
    })
    .input(changePasswordSchema)
    .output(z.void())
    .mutation(({ ctx, input }) =>
      changePassword(ctx.deps, ctx.actor, { input, caller: ctx.source }),
    ),
})
