import {
  deviceSchema,
  renameSessionSchema,
  createdSessionSchema,
  sessionRefSchema,
  sessionSchema,
  ticketSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import {
  createSession,
  createTicket,
  listOwnSessions,
  renameSession,
  revokeOtherSessions,
  revokeSession,
} from '../services/session.ts'
import { authedProcedure, router } from './trpc.ts'

export const sessionRouter = router({
  create: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/sessions',
        summary: 'Names the device of the session, and gives a ticket for its WebSocket.',
      },
    })
    .input(deviceSchema)
    .output(createdSessionSchema)
    .mutation(({ ctx, input }) =>
      createSession(ctx.deps, ctx.actor, { device: input, caller: ctx.source }),
    ),

  list: authedProcedure
    .meta({
      scope: null,
      openapi: { method: 'GET', path: '/sessions', summary: "The caller's sessions." },
    })
    .output(z.array(sessionSchema))
    .query(({ ctx }) => listOwnSessions(ctx.deps, ctx.actor)),

  rename: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'PATCH',
        path: '/sessions/{sessionId}',
        summary: "Gives one of the caller's sessions a name.",
      },
    })
    .input(renameSessionSchema)
    .output(sessionSchema)
    .mutation(({ ctx, input }) => renameSession(ctx.deps, ctx.actor, input)),

  revoke: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'DELETE',
        path: '/sessions/{sessionId}',
        summary: "Ends one of the caller's sessions.",
      },
    })
    .input(sessionRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeSession(ctx.deps, ctx.actor, input)),

  revokeOthers: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/sessions/revoke-others',
        summary: "Ends all of the caller's sessions but this one.",
      },
    })
    .output(z.void())
    .mutation(({ ctx }) => revokeOtherSessions(ctx.deps, ctx.actor)),

  createTicket: authedProcedure
    .meta({
      scope: 'messages:read',
      openapi: {
        method: 'POST',
        path: '/sessions/ticket',
        summary: 'A ticket that opens one WebSocket of the numbered protocol, within 30 s.',
      },
    })
    .output(ticketSchema)
    .mutation(({ ctx }) => createTicket(ctx.deps, ctx.actor, ctx.source)),
})
