import * as z from 'zod'
import {
  conversationDataSchema,
  historyPolicySchema,
  joinPolicySchema,
  roleSchema,
} from './conversation.ts'
import { clientMessageIdSchema, idSchema } from './ids.ts'
import { lineSchema } from './text.ts'
import { LIMITS } from './limits.ts'

const userIds = z.array(idSchema).max(LIMITS.addMembers)

export const createGroupSchema = z.object({
  /** Makes a repeat harmless, for ever: it answers the group that was made. Left out, a repeat makes another group. */
  clientConversationId: clientMessageIdSchema.optional(),
  name: lineSchema(LIMITS.groupNameLength),
  /** Members besides the creator; his own id and repeats do no harm. */
  userIds: userIds.default([]),
  joinPolicy: joinPolicySchema.default('invite'),
  history: historyPolicySchema.default('joined'),
  data: conversationDataSchema.nullable().optional(),
})
/** What a new group is made of. */
export type CreateGroupInput = z.input<typeof createGroupSchema>

export const updateGroupSchema = z.object({
  conversationId: idSchema,
  name: lineSchema(LIMITS.groupNameLength).optional(),
  joinPolicy: joinPolicySchema.optional(),
  history: historyPolicySchema.optional(),
  /** Takes the place of what is there; null takes it away. */
  data: conversationDataSchema.nullable().optional(),
})
/** What of a group is to change; what is left out stays. */
export type UpdateGroupInput = z.input<typeof updateGroupSchema>

export const addMembersSchema = z.object({ conversationId: idSchema, userIds: userIds.min(1) })
export const removeMemberSchema = z.object({ conversationId: idSchema, userId: idSchema })
export const setRoleSchema = z.object({
  conversationId: idSchema,
  userId: idSchema,
  role: roleSchema,
})

/** To whom a group is given. */
export const transferGroupSchema = z.object({ conversationId: idSchema, userId: idSchema })

/** Which of the named users were added now; those who were members already are left out. */
export const addedMembersSchema = z.object({ added: z.array(idSchema) })
