import {
  applyForScopesSchema,
  createOAuthClientSchema,
  createdOAuthClientSchema,
  oauthClientDetailsSchema,
  oauthClientRefSchema,
  oauthClientSchema,
  oauthClientSecretSchema,
  oauthConsentRefSchema,
  oauthConsentSchema,
  oauthScopeSchema,
  submitOAuthClientSchema,
  updateOAuthClientSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { deleteOwnClient, rotateSecret, updateClient } from '../services/oauth-client/change.ts'
import { revokeConsent } from '../services/oauth/consent.ts'
import { listConsents } from '../services/oauth-client/consents.ts'
import { getOwnClient, listOwnClients, listScopes } from '../services/oauth-client/own.ts'
import { registerClient } from '../services/oauth-client/register.ts'
import { applyForScopes, submitClient } from '../services/oauth-client/review.ts'
import { authedProcedure, router } from './trpc.ts'

/** Apps: for those who make them, and for those in whose name they act. */
export const oauthRouter = router({
  createClient: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/oauth-clients',
        summary: 'Registers an app; its secret is answered this once.',
      },
    })
    .input(createOAuthClientSchema)
    .output(createdOAuthClientSchema)
    .mutation(({ ctx, input }) => registerClient(ctx.deps, ctx.actor, input)),

  listClients: authedProcedure
    .meta({
      scope: null,
      openapi: { method: 'GET', path: '/oauth-clients', summary: 'The apps of the caller.' },
    })
    .output(z.array(oauthClientSchema))
    .query(({ ctx }) => listOwnClients(ctx.deps, ctx.actor)),

  getClient: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/oauth-clients/{clientId}',
        summary: 'An app of the caller, with what it has asked administrators for.',
      },
    })
    .input(oauthClientRefSchema)
    .output(oauthClientDetailsSchema)
    .query(({ ctx, input }) => getOwnClient(ctx.deps, ctx.actor, input)),

  updateClient: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PATCH',
        path: '/oauth-clients/{clientId}',
        summary: 'Changes an app; another name or redirect URI goes back to review.',
      },
    })
    .input(updateOAuthClientSchema)
    .output(oauthClientSchema)
    .mutation(({ ctx, input }) => updateClient(ctx.deps, ctx.actor, input)),

  rotateSecret: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/oauth-clients/{clientId}/secret',
        summary: 'Gives an app another secret, answered this once.',
      },
    })
    .input(oauthClientRefSchema)
    .output(oauthClientSecretSchema)
    .mutation(({ ctx, input }) => rotateSecret(ctx.deps, ctx.actor, input)),

  submitClient: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/oauth-clients/{clientId}/submit',
        summary: 'Asks administrators to verify an app.',
      },
    })
    .input(submitOAuthClientSchema)
    .output(oauthClientDetailsSchema)
    .mutation(({ ctx, input }) => submitClient(ctx.deps, ctx.actor, input)),

  applyForScopes: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/oauth-clients/{clientId}/scopes',
        summary: 'Asks administrators for further scopes of a verified app.',
      },
    })
    .input(applyForScopesSchema)
    .output(oauthClientDetailsSchema)
    .mutation(({ ctx, input }) => applyForScopes(ctx.deps, ctx.actor, input)),

  deleteClient: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'DELETE',
        path: '/oauth-clients/{clientId}',
        summary: 'Deletes an app, and ends what it was let do.',
      },
    })
    .input(oauthClientRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteOwnClient(ctx.deps, ctx.actor, input)),

  listScopes: authedProcedure
    .meta({
      scope: null,
      openapi: { method: 'GET', path: '/oauth-scopes', summary: 'What apps can be let do.' },
    })
    .output(z.array(oauthScopeSchema))
    .query(({ ctx }) => listScopes(ctx.deps)),

  listConsents: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/oauth-consents',
        summary: 'The apps that the caller has let act for him.',
      },
    })
    .output(z.array(oauthConsentSchema))
    .query(({ ctx }) => listConsents(ctx.deps, ctx.actor)),

  revokeConsent: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'DELETE',
        path: '/oauth-consents/{consentId}',
        summary: 'Takes back what an app was let do; its tokens and connections end.',
      },
    })
    .input(oauthConsentRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeConsent(ctx.deps, ctx.actor, input)),
})
