import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { LIMITS } from './limits.ts'

/** Whether a user has a connection open, else when he was last seen. */
export const userPresenceSchema = z.object({
  userId: idSchema,
  online: z.boolean(),
  /** When he was last connected or last called; null while he is online, and where nothing is known. */
  lastSeenAt: timestampSchema.nullable(),
})
/** Whether a user is online, and when he last was. */
export type UserPresence = z.infer<typeof userPresenceSchema>

export const listPresenceSchema = z.object({
  userIds: z.array(idSchema).max(LIMITS.presenceUsers),
})
/** Of whom one asks whether they are online. */
export type ListPresenceInput = z.infer<typeof listPresenceSchema>

/** Users whom the caller may not see are left out, and so are those who do not exist. */
export const presencesSchema = z.array(userPresenceSchema)
