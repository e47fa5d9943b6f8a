import {
  contactPageSchema,
  contactSchema,
  listContactsSchema,
  userIdRefSchema,
  userRefSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import {
  acceptContact,
  declineContact,
  listContacts,
  removeContact,
  requestContact,
} from '../services/contact.ts'
import { authedProcedure, router } from './trpc.ts'

/** Asking to be contacts, and being it. */
export const contactRouter = router({
  request: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/contacts',
        summary: 'Asks a user to be a contact, by `userId` or by `username`.',
      },
    })
    .input(userRefSchema)
    .output(contactSchema)
    .mutation(({ ctx, input }) => requestContact(ctx.deps, ctx.actor, input)),

  accept: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PUT',
        path: '/contacts/{userId}',
        summary: 'Takes on who has asked to be a contact.',
      },
    })
    .input(userIdRefSchema)
    .output(contactSchema)
    .mutation(({ ctx, input }) => acceptContact(ctx.deps, ctx.actor, input)),

  decline: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/contacts/{userId}/decline',
        summary: 'Turns down who has asked.',
      },
    })
    .input(userIdRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => declineContact(ctx.deps, ctx.actor, input)),

  remove: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'DELETE',
        path: '/contacts/{userId}',
        summary: 'Ends being contacts, or takes a request back.',
      },
    })
    .input(userIdRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => removeContact(ctx.deps, ctx.actor, input)),

  list: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'GET',
        path: '/contacts',
        summary: "The caller's contacts and requests, by state.",
      },
    })
    .input(listContactsSchema)
    .output(contactPageSchema)
    .query(({ ctx, input }) => listContacts(ctx.deps, ctx.actor, input)),
})
