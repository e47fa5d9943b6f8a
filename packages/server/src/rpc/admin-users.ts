import {
  adminUserPageSchema,
  userIdRefSchema,
  adminListUsersSchema,
  setUserRoleSchema,
  setUserSuspendedSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { listUsers, setUserRole, setUserSuspended, signOutUser } from '../services/admin/users.ts'
import { authedProcedure } from './trpc.ts'

/** Users, for administrators. */
export const adminUserProcedures = {
  listUsers: authedProcedure
    .meta({
      scope: null,
      openapi: { method: 'GET', path: '/admin/users', summary: 'All users; for administrators.' },
    })
    .input(adminListUsersSchema)
    .output(adminUserPageSchema)
    .query(({ ctx, input }) => listUsers(ctx.deps, ctx.actor, input)),

  setUserSuspended: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PUT',
        path: '/admin/users/{userId}/suspended',
        summary: 'Suspends a user or lets him come back; for administrators.',
      },
    })
    .input(setUserSuspendedSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setUserSuspended(ctx.deps, ctx.actor, input)),

  signOutUser: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/admin/users/{userId}/sign-out',
        summary: 'Ends all sessions of a user; for administrators.',
      },
    })
    .input(userIdRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => signOutUser(ctx.deps, ctx.actor, input)),

  setUserRole: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PUT',
        path: '/admin/users/{userId}/role',
        summary: 'Makes a user an administrator, or takes that from him; for administrators.',
      },
    })
    .input(setUserRoleSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setUserRole(ctx.deps, ctx.actor, input)),
}
