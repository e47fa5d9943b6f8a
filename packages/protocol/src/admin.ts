import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { boundedJson } from './json-schema.ts'
import { APP_LIMITS } from './app-limits.ts'
import { LIMITS } from './limits.ts'
import {
  clientIdSchema,
  oauthClientDetailsSchema,
  oauthClientSchema,
  oauthReviewSchema,
  scopeNameSchema,
  scopeNamesSchema,
} from './oauth-client.ts'
import { LEGACY_SWITCHES, OAUTH_GRANT_TYPES } from './scopes.ts'
import { pageInputSchema, pageOf } from './page.ts'
import { proseSchema } from './text.ts'
import { publicUserSchema } from './user.ts'

const reasonSchema = proseSchema(APP_LIMITS.proseLength)

export const adminClientSchema = z.object({ ...oauthClientSchema.shape, creator: publicUserSchema })
/** An app, with who has registered it. */
export type AdminClient = z.infer<typeof adminClientSchema>

export const adminClientDetailsSchema = z.object({
  ...oauthClientDetailsSchema.shape,
  creator: publicUserSchema,
})
/** An app, with who has registered it and what it has asked for. */
export type AdminClientDetails = z.infer<typeof adminClientDetailsSchema>

export const adminClientPageSchema = pageOf(adminClientSchema)
/** A page of apps, the newest first; `next` is null on the last one. */
export type AdminClientPage = z.infer<typeof adminClientPageSchema>

export const setClientSuspendedSchema = z.object({
  clientId: clientIdSchema,
  suspended: z.boolean(),
})
/** Whether an app may act. */
export type SetClientSuspendedInput = z.input<typeof setClientSuspendedSchema>

export const setClientSwitchesSchema = z.object({
  clientId: clientIdSchema,
  legacySwitches: z.array(z.enum(LEGACY_SWITCHES)).max(LEGACY_SWITCHES.length),
})
/** Which of older systems' ways an app may use; all others are off. */
export type SetClientSwitchesInput = z.input<typeof setClientSwitchesSchema>

export const setClientScopesSchema = z.object({
  clientId: clientIdSchema,
  scopes: scopeNamesSchema,
})
/** What an app may ask for besides the base scopes; all else is taken from it. */
export type SetClientScopesInput = z.input<typeof setClientScopesSchema>

export const listReviewsSchema = z.object({
  ...pageInputSchema.shape,
  kind: z.enum(['verification', 'scopes']).optional(),
})
/** Which of what waits for a review. */
export type ListReviewsInput = z.input<typeof listReviewsSchema>

export const adminReviewSchema = z.object({
  ...oauthReviewSchema.shape,
  client: adminClientSchema,
})
export const adminReviewPageSchema = pageOf(adminReviewSchema)
/** What waits for a review, with the app that asks. */
export type AdminReview = z.infer<typeof adminReviewSchema>
/** A page of them, the oldest first; `next` is null on the last one. */
export type AdminReviewPage = z.infer<typeof adminReviewPageSchema>

/** A refusal needs a reason. */
export const decideReviewSchema = z
  .object({
    reviewId: idSchema,
    decision: z.enum(['approve', 'reject']),
    answer: reasonSchema.optional(),
  })
  .refine(({ decision, answer }) => decision === 'approve' || answer !== undefined, {
    path: ['answer'],
    message: 'a refusal needs a reason',
  })
/** What is said to a developer who has asked; a refusal needs an `answer`. */
export type DecideReviewInput = z.input<typeof decideReviewSchema>

export const createScopeSchema = z.object({
  name: scopeNameSchema,
  description: proseSchema(APP_LIMITS.proseLength),
  base: z.boolean().default(false),
  restricted: z.boolean().default(false),
})
/** A new scope: for the app that embeds this server to check. */
export type CreateScopeInput = z.input<typeof createScopeSchema>

export const updateScopeSchema = z.object({
  name: scopeNameSchema,
  description: proseSchema(APP_LIMITS.proseLength).optional(),
  base: z.boolean().optional(),
  restricted: z.boolean().optional(),
})
/** What changes of a scope; what is not given stays. */
export type UpdateScopeInput = z.input<typeof updateScopeSchema>

export const scopeRefSchema = z.object({ name: scopeNameSchema })
/** Which scope a call is about. */
export type ScopeRef = z.infer<typeof scopeRefSchema>

const DAY_SECONDS = 24 * 60 * 60

/** Lengths are characters of what is random, lifetimes seconds. */
export const adminSettingsSchema = z.object({
  /** `provider`: others sign in with accounts from here. `consumer`: accounts of others sign in here. */
  roles: z.array(z.enum(['provider', 'consumer'])).max(2),
  /** Ways to a token that are offered at all. */
  grantTypes: z.array(z.enum(OAUTH_GRANT_TYPES)).max(OAUTH_GRANT_TYPES.length),
  /** A JWT (RFC 9068) says what it is for to who reads it; here it is looked up all the same. */
  accessTokenFormat: z.enum(['opaque', 'jwt']),
  /** 22 characters are 128 bits. */
  accessTokenLength: z.int().min(22).max(256),
  accessTokenLifetime: z.int().min(60).max(DAY_SECONDS),
  codeLength: z.int().min(22).max(256),
  /** RFC 6749 recommends ten minutes at most. */
  codeLifetime: z.int().min(10).max(600),
  refreshTokenLifetime: z
    .int()
    .min(60)
    .max(30 * DAY_SECONDS),
  /** What every app has without asking. */
  baseScopes: scopeNamesSchema,
})
/** What administrators set for all apps. Lengths are characters of what is random, lifetimes seconds. */
export type AdminSettings = z.infer<typeof adminSettingsSchema>

export const updateSettingsSchema = adminSettingsSchema.partial()
/** What changes of the settings; what is not given stays. */
export type UpdateSettingsInput = z.input<typeof updateSettingsSchema>

export const adminUserSchema = z.object({
  id: idSchema,
  username: z.string(),
  email: z.string().nullable(),
  role: z.enum(['user', 'admin']),
  createdAt: timestampSchema,
  suspendedAt: timestampSchema.nullable(),
})
/** A user, as administrators see him. Times are milliseconds. */
export type AdminUser = z.infer<typeof adminUserSchema>

export const adminListUsersSchema = z.object({
  ...pageInputSchema.shape,
  /** How the name begins. */
  search: z.string().min(1).max(LIMITS.usernameLength).optional(),
})
/** Which users, by name. */
export type AdminListUsersInput = z.input<typeof adminListUsersSchema>

export const adminUserPageSchema = pageOf(adminUserSchema)
/** A page of users, by name; `next` is null on the last one. */
export type AdminUserPage = z.infer<typeof adminUserPageSchema>

export const setUserSuspendedSchema = z.object({ userId: idSchema, suspended: z.boolean() })
/** Whether a user may sign in. */
export type SetUserSuspendedInput = z.input<typeof setUserSuspendedSchema>

export const setUserRoleSchema = z.object({ userId: idSchema, role: z.enum(['user', 'admin']) })
/** Who is an administrator. */
export type SetUserRoleInput = z.input<typeof setUserRoleSchema>

export const listAuditSchema = z.object({
  ...pageInputSchema.shape,
  /** The id of what it was done to. */
  target: z.string().min(1).max(LIMITS.idLength).optional(),
})
/** Which entries of the audit log. */
export type ListAuditInput = z.input<typeof listAuditSchema>

export const auditEntrySchema = z.object({
  createdAt: timestampSchema,
  /** Null for the server itself, and for an app that acts for nobody. */
  actor: publicUserSchema.nullable(),
  action: z.string(),
  /** The id of what it was done to. */
  target: z.string().nullable(),
  details: boundedJson(LIMITS.messageBytes),
})
/** What somebody did that others must be able to see later. */
export type AuditEntry = z.infer<typeof auditEntrySchema>

export const auditPageSchema = pageOf(auditEntrySchema)
/** A page of the audit log, the newest first; `next` is null on the last one. */
export type AuditPage = z.infer<typeof auditPageSchema>

export const claimAdminSchema = z.object({ token: z.string().min(1).max(512) })
/** What the first administrator's link carries. */
export type ClaimAdminInput = z.input<typeof claimAdminSchema>
