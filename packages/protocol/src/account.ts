import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { deviceSchema } from './session.ts'
import { lineSchema } from './text.ts'
import { emailSchema, passwordSchema, usernameSchema, userSchema } from './user.ts'
import { LIMITS } from './limits.ts'

/** What a sign-in gives. Access tokens are JWTs with `exp` and `user_id`; a refresh token is used once. */
export const credentialsSchema = z.object({
  user: userSchema,
  sessionId: idSchema,
  accessToken: z.string(),
  accessTokenExpiresAt: timestampSchema,
  refreshToken: z.string(),
  refreshTokenExpiresAt: timestampSchema,
})
/** A sign-in: what shows who one is, and what renews it. Times are milliseconds. */
export type Credentials = z.infer<typeof credentialsSchema>

export const registerSchema = z.object({
  username: usernameSchema,
  password: passwordSchema,
  email: emailSchema.optional(),
  firstName: lineSchema(LIMITS.nameLength).optional(),
  lastName: lineSchema(LIMITS.nameLength).optional(),
  phone: lineSchema(LIMITS.nameLength).optional(),
  /** Sign in at once. */
  signIn: z.boolean().default(false),
  device: deviceSchema.optional(),
})
/** What a new account is made of. With `signIn` the answer holds credentials. */
export type RegisterInput = z.input<typeof registerSchema>

export const registeredSchema = z.object({
  user: userSchema,
  credentials: credentialsSchema.nullable(),
})
/** A new account; `credentials` is null when it was made without `signIn`. */
export type Registered = z.infer<typeof registeredSchema>

export const loginSchema = z.object({
  /** Username or e-mail address. */
  login: z.string().min(1).max(LIMITS.emailLength),
  password: z.string().min(1).max(LIMITS.passwordBytes),
  device: deviceSchema.optional(),
  /** `long`: an access token of 14 days for clients that cannot refresh (seed 002's `POST /login`). */
  lifetime: z.enum(['short', 'long']).default('short'),
})
/** Who signs in, by username or e-mail address, and on which device. */
export type LoginInput = z.input<typeof loginSchema>

export const refreshSchema = z.object({ refreshToken: z.string().min(1).max(512) })

export const changePasswordSchema = z.object({
  currentPassword: z.string().min(1).max(LIMITS.passwordBytes),
  newPassword: passwordSchema,
  /** End every other session. */
  revokeOthers: z.boolean().default(true),
})
/** The current password and the new one. */
export type ChangePasswordInput = z.input<typeof changePasswordSchema>

export const confirmPasswordSchema = z.object({
  password: z.string().min(1).max(LIMITS.passwordBytes),
})

/** Answered alike whether anybody has the address or not. */
export const requestPasswordResetSchema = z.object({ email: emailSchema })

const mailCodeSchema = z.string().min(1).max(128)
export const resetPasswordSchema = z.object({ code: mailCodeSchema, newPassword: passwordSchema })
/** The code of a mail, and the password to be. */
export type ResetPasswordInput = z.input<typeof resetPasswordSchema>
export const verifyEmailSchema = z.object({ code: mailCodeSchema })
