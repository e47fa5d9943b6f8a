import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { LIMITS } from './limits.ts'

export const createInvitationSchema = z.object({
  conversationId: idSchema,
  /** Milliseconds; left out, it does not end by itself. */
  expiresAt: timestampSchema.optional(),
  /** How many may come in by it; left out, as many as there is room for. */
  maxUses: z.int().min(1).max(LIMITS.groupMembers).optional(),
})
/** What an invitation is made of. */
export type CreateInvitationInput = z.input<typeof createInvitationSchema>

/** A way into a group, without its code. */
export const invitationSchema = z.object({
  id: idSchema,
  conversationId: idSchema,
  createdBy: idSchema,
  createdAt: timestampSchema,
  expiresAt: timestampSchema.nullable(),
  maxUses: z.int().nullable(),
  uses: z.int(),
})
/** A way into a group, without its code. */
export type Invitation = z.infer<typeof invitationSchema>

/** The only time at which the code is told: the server keeps a digest of it. */
export const createdInvitationSchema = invitationSchema.extend({ code: z.string() })
/** A new invitation with its code, which is told this once. */
export type CreatedInvitation = z.infer<typeof createdInvitationSchema>

export const invitationsSchema = z.array(invitationSchema)

export const invitationRefSchema = z.object({ conversationId: idSchema, invitationId: idSchema })
/** One invitation of a group. */
export type InvitationRef = z.infer<typeof invitationRefSchema>

export const invitationCodeSchema = z.object({ code: z.string().min(1).max(128) })

/** All that a code tells before one has come in. */
export const invitationPreviewSchema = z.object({ name: z.string(), memberCount: z.int() })
/** All that a code tells before one has come in. */
export type InvitationPreview = z.infer<typeof invitationPreviewSchema>
