import {
  deviceSchema,
  renameSessionSchema,
  sessionCreatedSchema,
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
    .meta({ openapi: { method: 'POST', path: '/sessions' } })
    .input(deviceSchema)
    .output(sessionCreatedSchema)
    .mutation(({ ctx, input }) =>
      createSession(ctx.deps, ctx.actor, { device: input, caller: ctx.source }),
    ),

  list: authedProcedure
    .meta({ openapi: { method: 'GET', path: '/sessions' } })
    .output(z.array(sessionSchema))
    .query(({ ctx }) => listOwnSessions(ctx.deps, ctx.actor)),

  rename: authedProcedure
    .meta({ openapi: { method: 'PATCH', path: '/sessions/{sessionId}' } })
    .input(renameSessionSchema)
    .output(sessionSchema)
    .mutation(({ ctx, input }) => renameSession(ctx.deps, ctx.actor, input)),

  revoke: authedProcedure
    .meta({ openapi: { method: 'DELETE', path: '/sessions/{sessionId}' } })
    .input(sessionRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeSession(ctx.deps, ctx.actor, input)),

  revokeOthers: authedProcedure
    .meta({ openapi: { method: 'POST', path: '/sessions/revoke-others' } })
    .output(z.void())
    .mutation(({ ctx }) => revokeOtherSessions(ctx.deps, ctx.actor)),

  ticket: authedProcedure
    .meta({ openapi: { method: 'POST', path: '/sessions/ticket' } })
    .output(ticketSchema)
    .mutation(({ ctx }) => createTicket(ctx.deps, ctx.actor, ctx.source)),
})
