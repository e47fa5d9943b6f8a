import {
  addedMembersSchema,
  addMembersSchema,
  conversationRefSchema,
  conversationSchema,
  createGroupSchema,
  listMembersSchema,
  memberPageSchema,
  removeMemberSchema,
  setRoleSchema,
  transferGroupSchema,
  updateGroupSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { addMembers } from '../services/group/add-members.ts'
import { createGroup } from '../services/group/create.ts'
import { joinGroup } from '../services/group/join.ts'
import { leaveGroup } from '../services/group/leave.ts'
import { listGroupMembers } from '../services/group/list-members.ts'
import { removeMember } from '../services/group/remove-member.ts'
import { setRole } from '../services/group/set-role.ts'
import { transferGroup } from '../services/group/transfer.ts'
import { updateGroup } from '../services/group/update.ts'
import { authedProcedure, router } from './trpc.ts'
import { groupInvitations } from './group-invitation.ts'
import { groupModeration } from './group-moderation.ts'

const group = '/groups/{conversationId}' as const

export const groupRouter = router({
  create: authedProcedure
    .meta({
      scope: 'conversations:write',
      rpc: 50,
      openapi: {
        method: 'POST',
        path: '/groups',
        summary: 'Makes a group, which belongs to its creator.',
      },
    })
    .input(createGroupSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => createGroup(ctx.deps, ctx.actor, input)),

  join: authedProcedure
    .meta({
      scope: 'conversations:write',
      rpc: 51,
      openapi: {
        method: 'POST',
        path: `${group}/join`,
        summary: 'Comes into an open group, or back into one that was left.',
      },
    })
    .input(conversationRefSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => joinGroup(ctx.deps, ctx.actor, input)),

  leave: authedProcedure
    .meta({
      scope: 'conversations:write',
      rpc: 52,
      openapi: { method: 'POST', path: `${group}/leave`, summary: 'Leaves a group.' },
    })
    .input(conversationRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => leaveGroup(ctx.deps, ctx.actor, input)),

  addMembers: authedProcedure
    .meta({
      scope: 'conversations:write',
      rpc: 53,
      openapi: { method: 'POST', path: `${group}/members`, summary: 'Adds users to a group.' },
    })
    .input(addMembersSchema)
    .output(addedMembersSchema)
    .mutation(({ ctx, input }) => addMembers(ctx.deps, ctx.actor, input)),

  removeMember: authedProcedure
    .meta({
      scope: 'conversations:write',
      rpc: 54,
      openapi: {
        method: 'DELETE',
        path: `${group}/members/{userId}`,
        summary: 'Removes a member from a group.',
      },
    })
    .input(removeMemberSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => removeMember(ctx.deps, ctx.actor, input)),

  update: authedProcedure
    .meta({
      scope: 'conversations:write',
      rpc: 55,
      openapi: {
        method: 'PATCH',
        path: group,
        summary: 'Changes the name or the policies of a group.',
      },
    })
    .input(updateGroupSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => updateGroup(ctx.deps, ctx.actor, input)),

  setRole: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'PUT',
        path: `${group}/members/{userId}/role`,
        summary: 'Gives a member a role.',
      },
    })
    .input(setRoleSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setRole(ctx.deps, ctx.actor, input)),

  transfer: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'POST',
        path: `${group}/transfer`,
        summary: 'Makes another member the owner in the place of the caller.',
      },
    })
    .input(transferGroupSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => transferGroup(ctx.deps, ctx.actor, input)),

  listMembers: authedProcedure
    .meta({
      scope: 'conversations:read',
      openapi: {
        method: 'GET',
        path: `${group}/members`,
        summary: 'The members of a conversation, with their marks.',
      },
    })
    .input(listMembersSchema)
    .output(memberPageSchema)
    .query(({ ctx, input }) => listGroupMembers(ctx.deps, ctx.actor, input)),

  ...groupModeration,
  ...groupInvitations,
})
