import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { boundedJson } from './json-schema.ts'
import { LIMITS } from './limits.ts'

const dataSchema = boundedJson(LIMITS.conversationDataBytes)

/** What a member has set for himself about a conversation; nobody else is told. */
export const preferenceSchema = z.object({
  /** Muted until then, by the server's clock; `FOREVER` has no end. Null: not muted. */
  mutedUntil: timestampSchema.nullable(),
  archived: z.boolean(),
  /** Since when it is pinned. */
  pinnedAt: timestampSchema.nullable(),
  /** The app's own, for this user alone. */
  data: dataSchema.nullable(),
})
/** What a member has set for himself about a conversation; nobody else is told. */
export type Preference = z.infer<typeof preferenceSchema>

export const updatePreferenceSchema = z.object({
  conversationId: idSchema,
  mutedUntil: timestampSchema.nullable().optional(),
  archived: z.boolean().optional(),
  pinned: z.boolean().optional(),
  data: dataSchema.nullable().optional(),
})
/** What of one's preference is to change; what is left out stays. */
export type UpdatePreferenceInput = z.input<typeof updatePreferenceSchema>
