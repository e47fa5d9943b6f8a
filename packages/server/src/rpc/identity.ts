import {
  beginSignInSchema,
  begunSignInSchema,
  credentialsSchema,
  completeSignInSchema,
  identityRefSchema,
  identitySchema,
  linkIdentitySchema,
  providerSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { completeSignIn } from '../services/identity/complete.ts'
import {
  linkIdentity,
  listOwnIdentities,
  listProviders,
  unlinkIdentity,
} from '../services/identity/link.ts'
import { beginSignIn } from '../services/identity/sign-in.ts'
import { authedProcedure, publicProcedure, router } from './trpc.ts'

export const identityRouter = router({
  listProviders: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/providers',
        summary: 'The other servers by which one can sign in.',
      },
    })
    .output(z.array(providerSchema))
    .query(({ ctx }) => listProviders(ctx.deps)),

  begin: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/providers/begin',
        summary: 'Begins a sign-in by another server; the browser is led to the answered address.',
      },
    })
    .input(beginSignInSchema)
    .output(begunSignInSchema)
    .mutation(({ ctx, input }) => beginSignIn(ctx.deps, input)),

  complete: publicProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/providers/complete',
        summary:
          'Signs in with the code of a sign-in by another server; makes the account at the first time.',
      },
    })
    .input(completeSignInSchema)
    .output(credentialsSchema)
    .mutation(({ ctx, input }) => completeSignIn(ctx.deps, ctx.source, input)),

  list: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/me/identities',
        summary: "The caller's accounts elsewhere.",
      },
    })
    .output(z.array(identitySchema))
    .query(({ ctx }) => listOwnIdentities(ctx.deps, ctx.actor)),

  link: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/me/identities',
        summary:
          'Links an account elsewhere, which opens this one from then on; needs the password.',
      },
    })
    .input(linkIdentitySchema)
    .output(identitySchema)
    .mutation(({ ctx, input }) => linkIdentity(ctx.deps, ctx.actor, { input, caller: ctx.source })),

  unlink: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'DELETE',
        path: '/me/identities/{identityId}',
        summary: 'Unlinks an account elsewhere.',
      },
    })
    .input(identityRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => unlinkIdentity(ctx.deps, ctx.actor, input)),
})
