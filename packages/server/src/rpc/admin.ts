import {
  adminClientDetailsSchema,
  adminClientPageSchema,
  adminReviewPageSchema,
  auditPageSchema,
  claimAdminSchema,
  createScopeSchema,
  decideReviewSchema,
  listAuditSchema,
  listReviewsSchema,
  oauthClientRefSchema,
  adminSettingsSchema,
  pageInputSchema,
  scopeRefSchema,
  setClientScopesSchema,
  setClientSuspendedSchema,
  setClientSwitchesSchema,
  updateScopeSchema,
  updateSettingsSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { listAudit } from '../services/admin/audit-log.ts'
import {
  deleteClient,
  getClient,
  listClients,
  setClientScopes,
  setClientSuspended,
  setClientSwitches,
} from '../services/admin/clients.ts'
import { claimAdministration } from '../services/admin/first.ts'
import { decideReview, listReviews } from '../services/admin/reviews.ts'
import { createScope, deleteScope, updateScope } from '../services/admin/scopes.ts'
import { getSettings, updateSettings } from '../services/admin/settings.ts'
import { adminUserProcedures } from './admin-users.ts'
import { authedProcedure, router } from './trpc.ts'

const clients = {
  listClients: authedProcedure
    .meta({
      scope: null,
      openapi: { method: 'GET', path: '/admin/clients', summary: 'All apps; for administrators.' },
    })
    .input(pageInputSchema)
    .output(adminClientPageSchema)
    .query(({ ctx, input }) => listClients(ctx.deps, ctx.actor, input)),

  getClient: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/admin/clients/{clientId}',
        summary: 'Any app, with its creator and what it has asked for; for administrators.',
      },
    })
    .input(oauthClientRefSchema)
    .output(adminClientDetailsSchema)
    .query(({ ctx, input }) => getClient(ctx.deps, ctx.actor, input)),

  setClientSuspended: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PUT',
        path: '/admin/clients/{clientId}/suspended',
        summary: 'Suspends an app or lets it go on; for administrators.',
      },
    })
    .input(setClientSuspendedSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setClientSuspended(ctx.deps, ctx.actor, input)),

  setClientSwitches: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PUT',
        path: '/admin/clients/{clientId}/switches',
        summary: "Which of older systems' ways an app may use; for administrators.",
      },
    })
    .input(setClientSwitchesSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setClientSwitches(ctx.deps, ctx.actor, input)),

  setClientScopes: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PUT',
        path: '/admin/clients/{clientId}/scopes',
        summary: 'What an app may ask for besides the base scopes; for administrators.',
      },
    })
    .input(setClientScopesSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setClientScopes(ctx.deps, ctx.actor, input)),

  deleteClient: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'DELETE',
        path: '/admin/clients/{clientId}',
        summary: 'Deletes any app; for administrators.',
      },
    })
    .input(oauthClientRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteClient(ctx.deps, ctx.actor, input)),
}

const reviews = {
  listReviews: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/admin/reviews',
        summary: 'What apps have asked for and nobody has answered; for administrators.',
      },
    })
    .input(listReviewsSchema)
    .output(adminReviewPageSchema)
    .query(({ ctx, input }) => listReviews(ctx.deps, ctx.actor, input)),

  decideReview: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/admin/reviews/{reviewId}',
        summary: 'Approves, or refuses with a reason, what an app asks for; for administrators.',
      },
    })
    .input(decideReviewSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => decideReview(ctx.deps, ctx.actor, input)),
}

const scopes = {
  createScope: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/admin/scopes',
        summary: 'Adds a scope; for administrators.',
      },
    })
    .input(createScopeSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => createScope(ctx.deps, ctx.actor, input)),

  updateScope: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PATCH',
        path: '/admin/scopes/{name}',
        summary: 'Changes a scope; for administrators.',
      },
    })
    .input(updateScopeSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => updateScope(ctx.deps, ctx.actor, input)),

  deleteScope: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'DELETE',
        path: '/admin/scopes/{name}',
        summary: 'Deletes a scope and takes it from all apps; for administrators.',
      },
    })
    .input(scopeRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteScope(ctx.deps, ctx.actor, input)),
}

const settings = {
  getSettings: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/admin/settings',
        summary: 'What holds for all apps; for administrators.',
      },
    })
    .output(adminSettingsSchema)
    .query(({ ctx }) => getSettings(ctx.deps, ctx.actor)),

  updateSettings: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PATCH',
        path: '/admin/settings',
        summary: 'Changes what holds for all apps; for administrators.',
      },
    })
    .input(updateSettingsSchema)
    .output(adminSettingsSchema)
    .mutation(({ ctx, input }) => updateSettings(ctx.deps, ctx.actor, input)),

  listAudit: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/admin/audit',
        summary: 'What was done, by whom and when; for administrators.',
      },
    })
    .input(listAuditSchema)
    .output(auditPageSchema)
    .query(({ ctx, input }) => listAudit(ctx.deps, ctx.actor, input)),

  claim: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/admin/claim',
        summary: 'Makes the caller the first administrator, by the link that the command printed.',
      },
    })
    .input(claimAdminSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => claimAdministration(ctx.deps, ctx.actor, input)),
}

/** For administrators, as they are in the database now; what changes something needs a fresh password besides. */
export const adminRouter = router({
  ...clients,
  ...reviews,
  ...scopes,
  ...adminUserProcedures,
  ...settings,
})
