import {
  conversationRefSchema,
  conversationSchema,
  createdInvitationSchema,
  createInvitationSchema,
  invitationCodeSchema,
  invitationPreviewSchema,
  invitationRefSchema,
  invitationsSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import {
  acceptInvitation,
  createInvitation,
  listInvitations,
  previewInvitation,
  revokeInvitation,
} from '../services/group/invitation.ts'
import { authedProcedure } from './trpc.ts'

const group = '/groups/{conversationId}' as const

/** Invitations by link: part of the procedures of `group`. */
export const groupInvitations = {
  createInvitation: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'POST',
        path: `${group}/invitations`,
        summary: 'Makes a way into the group for whoever has its code, which is told this once.',
      },
    })
    .input(createInvitationSchema)
    .output(createdInvitationSchema)
    .mutation(({ ctx, input }) => createInvitation(ctx.deps, ctx.actor, input)),

  listInvitations: authedProcedure
    .meta({
      scope: 'conversations:read',
      openapi: {
        method: 'GET',
        path: `${group}/invitations`,
        summary: 'The open invitations of the group, without their codes.',
      },
    })
    .input(conversationRefSchema)
    .output(invitationsSchema)
    .query(({ ctx, input }) => listInvitations(ctx.deps, ctx.actor, input)),

  revokeInvitation: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'DELETE',
        path: `${group}/invitations/{invitationId}`,
        summary: 'Ends an invitation.',
      },
    })
    .input(invitationRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeInvitation(ctx.deps, ctx.actor, input)),

  // By POST over REST, as the SDK sends all of its calls: what is in an address is kept in logs, and a code is worth a place in
  // the group. A client of tRPC's own sends a query by GET, with the code in the address.

  previewInvitation: authedProcedure
    .meta({
      scope: 'conversations:read',
      openapi: {
        method: 'POST',
        path: '/invitations/preview',
        summary: 'Name and number of members of the group that a code opens.',
      },
    })
    .input(invitationCodeSchema)
    .output(invitationPreviewSchema)
    .query(({ ctx, input }) => previewInvitation(ctx.deps, ctx.actor, input)),

  acceptInvitation: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'POST',
        path: '/invitations/accept',
        summary: 'Comes into the group that a code opens.',
      },
    })
    .input(invitationCodeSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => acceptInvitation(ctx.deps, ctx.actor, input)),
}
