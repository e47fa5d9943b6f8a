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
import { updateGroup } from '../services/group/update.ts'
import { authedProcedure, router } from './trpc.ts'

const group = '/groups/{conversationId}' as const

export const groupRouter = router({
  create: authedProcedure
    .meta({ rpc: 50, openapi: { method: 'POST', path: '/groups' } })
    .input(createGroupSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => createGroup(ctx.deps, ctx.actor, input)),

  join: authedProcedure
    .meta({ rpc: 51, openapi: { method: 'POST', path: `${group}/join` } })
    .input(conversationRefSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => joinGroup(ctx.deps, ctx.actor, input)),

  leave: authedProcedure
    .meta({ rpc: 52, openapi: { method: 'POST', path: `${group}/leave` } })
    .input(conversationRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => leaveGroup(ctx.deps, ctx.actor, input)),

  addMembers: authedProcedure
    .meta({ rpc: 53, openapi: { method: 'POST', path: `${group}/members` } })
    .input(addMembersSchema)
    .output(addedMembersSchema)
    .mutation(({ ctx, input }) => addMembers(ctx.deps, ctx.actor, input)),

  removeMember: authedProcedure
    .meta({ rpc: 54, openapi: { method: 'DELETE', path: `${group}/members/{userId}` } })
    .input(removeMemberSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => removeMember(ctx.deps, ctx.actor, input)),

  update: authedProcedure
    .meta({ rpc: 55, openapi: { method: 'PATCH', path: group } })
    .input(updateGroupSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => updateGroup(ctx.deps, ctx.actor, input)),

  setRole: authedProcedure
    .meta({ openapi: { method: 'PUT', path: `${group}/members/{userId}/role` } })
    .input(setRoleSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setRole(ctx.deps, ctx.actor, input)),

  members: authedProcedure
    .meta({ openapi: { method: 'GET', path: `${group}/members` } })
    .input(listMembersSchema)
    .output(memberPageSchema)
    .query(({ ctx, input }) => listGroupMembers(ctx.deps, ctx.actor, input)),
})
