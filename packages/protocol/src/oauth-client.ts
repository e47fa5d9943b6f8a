import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { APP_LIMITS } from './app-limits.ts'
import { LIMITS } from './limits.ts'
import { linkSchema } from './link-schema.ts'
import { LEGACY_SWITCHES, OAUTH_GRANT_TYPES } from './scopes.ts'
import { lineSchema, proseSchema } from './text.ts'

/** A `client_id`: opaque, made by the server. */
export const clientIdSchema: z.ZodString = z
  .string()
  .max(LIMITS.idLength)
  .regex(/^[\x21-\x7e]+$/, 'not a client_id')

/** What is wrong with one is said by the server, which knows who may be redirected where. */
const redirectUrisSchema = z.array(z.string().min(1).max(2000)).max(APP_LIMITS.redirectUris)

/** The name of a scope, as RFC 6749 writes it, in lower case. */
export const scopeNameSchema: z.ZodString = z
  .string()
  .regex(/^[a-z][a-z0-9_.:-]{0,63}$/, 'lower-case letters, digits, _ . : - and at most 64 of them')

const scopeListSchema = z.array(scopeNameSchema).min(1).max(APP_LIMITS.scopes)

/** Ways to a token that a developer may choose for a client of his. */
const ownGrantTypeSchema = z.enum(['authorization_code', 'refresh_token', 'client_credentials'])

/** What an app asks administrators for: to be verified, or to get more scopes. */
export const oauthReviewSchema = z.object({
  id: idSchema,
  clientId: clientIdSchema,
  kind: z.enum(['verification', 'scopes']),
  /** Empty for a verification. */
  scopes: z.array(z.string()),
  /** Why the developer asks. */
  reason: z.string().nullable(),
  state: z.enum(['pending', 'approved', 'rejected', 'withdrawn']),
  /** Why it was refused. */
  answer: z.string().nullable(),
  createdAt: timestampSchema,
  reviewedAt: timestampSchema.nullable(),
})
/** What an app has asked administrators for, and what they said. Times are milliseconds. */
export type OAuthReview = z.infer<typeof oauthReviewSchema>

/** An app that users let act for them, as its developer sees it. */
export const oauthClientSchema = z.object({
  /** The `client_id`. */
  id: clientIdSchema,
  name: z.string(),
  description: z.string().nullable(),
  /** The address of the app. */
  clientUri: z.string().nullable(),
  logoUri: z.string().nullable(),
  redirectUris: z.array(z.string()),
  grantTypes: z.array(z.enum(OAUTH_GRANT_TYPES)),
  /** False for one that can keep no secret, as an app on people's own devices. */
  confidential: z.boolean(),
  /** Until it is `approved` it works for its creator alone, and with the base scopes. */
  state: z.enum(['draft', 'submitted', 'approved', 'rejected']),
  suspended: z.boolean(),
  /** What it may ask users for. */
  scopes: z.array(z.string()),
  /** What of older systems' ways an administrator has switched on for it. */
  legacySwitches: z.array(z.enum(LEGACY_SWITCHES)),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
})
/** An app that users let act for them. Times are milliseconds. */
export type OAuthClient = z.infer<typeof oauthClientSchema>

export const oauthClientDetailsSchema = z.object({
  ...oauthClientSchema.shape,
  /** The newest first, at most 20. */
  reviews: z.array(oauthReviewSchema),
})
/** An app, with what it has asked administrators for. */
export type OAuthClientDetails = z.infer<typeof oauthClientDetailsSchema>

const clientFields = {
  name: lineSchema(APP_LIMITS.clientNameLength),
  description: proseSchema(APP_LIMITS.proseLength).nullable(),
  clientUri: linkSchema.nullable(),
  logoUri: linkSchema.nullable(),
  redirectUris: redirectUrisSchema,
  grantTypes: z.array(ownGrantTypeSchema).max(3),
}

export const createOAuthClientSchema = z.object({
  name: clientFields.name,
  description: clientFields.description.default(null),
  clientUri: clientFields.clientUri.default(null),
  logoUri: clientFields.logoUri.default(null),
  redirectUris: clientFields.redirectUris,
  grantTypes: clientFields.grantTypes.default(['authorization_code', 'refresh_token']),
  confidential: z.boolean().default(true),
})
/** What a new app is made of. */
export type CreateOAuthClientInput = z.input<typeof createOAuthClientSchema>

export const createdOAuthClientSchema = z.object({
  client: oauthClientSchema,
  /** Shown this once; null for an app that can keep none. */
  clientSecret: z.string().nullable(),
})
/** A new app, with its secret, which is shown this once. */
export type CreatedOAuthClient = z.infer<typeof createdOAuthClientSchema>

export const oauthClientSecretSchema = z.object({ clientSecret: z.string() })
/** A new secret, which is shown this once. */
export type OAuthClientSecret = z.infer<typeof oauthClientSecretSchema>

export const oauthClientRefSchema = z.object({ clientId: clientIdSchema })
/** Which app a call is about. */
export type OAuthClientRef = z.infer<typeof oauthClientRefSchema>

/** What is not given stays as it is. */
export const updateOAuthClientSchema = z.object({
  clientId: clientIdSchema,
  name: clientFields.name.optional(),
  description: clientFields.description.optional(),
  clientUri: clientFields.clientUri.optional(),
  logoUri: clientFields.logoUri.optional(),
  redirectUris: clientFields.redirectUris.optional(),
  grantTypes: clientFields.grantTypes.optional(),
})
/** What changes of an app; what is not given stays. Another name or redirect URI goes back to review. */
export type UpdateOAuthClientInput = z.input<typeof updateOAuthClientSchema>

export const submitOAuthClientSchema = z.object({
  clientId: clientIdSchema,
  reason: proseSchema(APP_LIMITS.proseLength).optional(),
})
/** Which app is to be verified, and what the administrators should know. */
export type SubmitOAuthClientInput = z.input<typeof submitOAuthClientSchema>

export const applyForScopesSchema = z.object({
  clientId: clientIdSchema,
  scopes: scopeListSchema,
  reason: proseSchema(APP_LIMITS.proseLength),
})
/** Which further scopes an app needs, and what for. */
export type ApplyForScopesInput = z.input<typeof applyForScopesSchema>

/** Something that an app can be let do. */
export const oauthScopeSchema = z.object({
  name: z.string(),
  description: z.string(),
  /** Every app has it. */
  base: z.boolean(),
  /** No app can apply for it; administrators give it. */
  restricted: z.boolean(),
})
/** Something that an app can be let do. */
export type OAuthScope = z.infer<typeof oauthScopeSchema>

/** An app that a user has let act for him. */
export const oauthConsentSchema = z.object({
  id: idSchema,
  clientId: clientIdSchema,
  name: z.string(),
  clientUri: z.string().nullable(),
  scopes: z.array(z.string()),
  /** True when it may see some conversations only. */
  limited: z.boolean(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
})
/** An app that a user has let act for him. Times are milliseconds. */
export type OAuthConsent = z.infer<typeof oauthConsentSchema>

export const oauthConsentRefSchema = z.object({ consentId: idSchema })
/** Which of a user's consents a call is about. */
export type OAuthConsentRef = z.infer<typeof oauthConsentRefSchema>

/** The scopes of one change, none included. */
export const scopeNamesSchema: z.ZodArray<z.ZodString> = z
  .array(scopeNameSchema)
  .max(APP_LIMITS.scopes)
