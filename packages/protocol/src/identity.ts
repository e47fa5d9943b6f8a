import * as z from 'zod'
import { timestampSchema } from './ids.ts'
import { LIMITS } from './limits.ts'
import { deviceSchema } from './session.ts'

/** Random text of ours, as a client gives it back. */
const secretSchema = z.string().regex(/^[\w-]{43}$/)

export const providerSchema = z.object({ name: z.string(), label: z.string() })
/** Another server by which one can sign in; `label` is for people. */
export type IdentityProvider = z.infer<typeof providerSchema>

export const beginSignInSchema = z.object({
  /** The provider's `name`. */
  provider: z.string().min(1).max(32),
  /** Where in the app the browser ends up: an address of an allowed origin. */
  redirectUri: z.string().min(1).max(2000),
  /** Given back there. */
  state: z.string().max(512).optional(),
})
/** With whom to sign in, and where the browser goes then. */
export type BeginSignInInput = z.input<typeof beginSignInSchema>

export const begunSignInSchema = z.object({
  url: z.string(),
  verifier: z.string(),
  expiresAt: timestampSchema,
})
/** Lead the browser to `url`, and keep `verifier` in it until it is back: nobody else can end this sign-in. */
export type BegunSignIn = z.infer<typeof begunSignInSchema>

export const completeSignInSchema = z.object({
  /** What the browser came back with. */
  code: secretSchema,
  verifier: secretSchema,
  device: deviceSchema.optional(),
})
/** What the browser has come back with, and what was kept. */
export type CompleteSignInInput = z.input<typeof completeSignInSchema>

export const linkIdentitySchema = z.object({
  code: secretSchema,
  verifier: secretSchema,
  /** Of the account here. */
  password: z.string().min(1).max(LIMITS.passwordBytes),
})
/** The same, and the password of the account that is to be linked. */
export type LinkIdentityInput = z.input<typeof linkIdentitySchema>

export const identitySchema = z.object({
  id: z.string(),
  /** The provider's name; null for one by which nobody can sign in now. */
  provider: z.string().nullable(),
  issuer: z.string(),
  subject: z.string(),
  createdAt: timestampSchema,
  /** When somebody last signed in by it; null before the first time. */
  lastUsedAt: timestampSchema.nullable(),
})
/** An account elsewhere that opens this one. Times are milliseconds. */
export type Identity = z.infer<typeof identitySchema>

export const identityRefSchema = z.object({ identityId: secretSchema })
