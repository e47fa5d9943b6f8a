import { banPageSchema, listBansSchema, memberRefSchema, muteMemberSchema } from '@tidings/protocol'
import * as z from 'zod'
import { banMember, listBans, unbanMember } from '../services/group/ban-member.ts'
import { muteMember, unmuteMember } from '../services/group/mute-member.ts'
import { authedProcedure } from './trpc.ts'

const group = '/groups/{conversationId}' as const

/** Muting and banning: part of the procedures of `group`. */
export const groupModeration = {
  muteMember: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'PUT',
        path: `${group}/members/{userId}/mute`,
        summary: 'Keeps a member from writing, until a time or without end.',
      },
    })
    .input(muteMemberSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => muteMember(ctx.deps, ctx.actor, input)),

  unmuteMember: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'DELETE',
        path: `${group}/members/{userId}/mute`,
        summary: 'Lets a member write again.',
      },
    })
    .input(memberRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => unmuteMember(ctx.deps, ctx.actor, input)),

  banMember: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'PUT',
        path: `${group}/bans/{userId}`,
        summary: 'Removes a user and keeps him out.',
      },
    })
    .input(memberRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => banMember(ctx.deps, ctx.actor, input)),

  unbanMember: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: { method: 'DELETE', path: `${group}/bans/{userId}`, summary: 'Takes a ban back.' },
    })
    .input(memberRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => unbanMember(ctx.deps, ctx.actor, input)),

  listBans: authedProcedure
    .meta({
      scope: 'conversations:read',
      openapi: {
        method: 'GET',
        path: `${group}/bans`,
        summary: 'Who cannot come into the group; for owners and admins.',
      },
    })
    .input(listBansSchema)
    .output(banPageSchema)
    .query(({ ctx, input }) => listBans(ctx.deps, ctx.actor, input)),
}
