import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { nameKey, lineSchema } from './text.ts'
import { utf8Length } from './json.ts'
import { LIMITS } from './limits.ts'

const RESERVED: ReadonlySet<string> = new Set([
  'admin',
  'administrator',
  'root',
  'system',
  'tidings',
  'support',
  'null',
])

/**
 * A username: 1 to 32 letters, digits, marks, `_`, `-`, `.` of any script; unique without regard to case and
 * compatibility forms; names that could pass for the operator are refused.
 */
export const usernameSchema: z.ZodType<string, string> = lineSchema(LIMITS.usernameLength)
  .refine(
    (name) => /^[\p{L}\p{N}][\p{L}\p{N}\p{M}_.-]*$/u.test(name),
    'only letters, digits, _ . -',
  )
  // Fillers, joiners and variation selectors count as letters and marks, and show nothing: ann, and another ann.
  .refine(
    (name) => !/\p{Default_Ignorable_Code_Point}/u.test(name),
    'invisible characters are not allowed',
  )
  .refine((name) => !RESERVED.has(nameKey(name)), 'this name is reserved')

/** A password: any well-formed text up to 256 bytes, taken whole. The server has a shortest length of its own. */
export const passwordSchema: z.ZodType<string, string> = z
  .string()
  .min(1)
  .max(LIMITS.passwordBytes)
  .refine(
    (text) => utf8Length(text) <= LIMITS.passwordBytes,
    `longer than ${LIMITS.passwordBytes} bytes`,
  )
  .refine((text) => !text.includes('\u0000'), 'the NUL character is not allowed')

/** An e-mail address, as the HTML standard reads it, at most 254 characters. */
export const emailSchema: z.ZodType<string, string> = z
  .string()
  .max(LIMITS.emailLength)
  .pipe(z.email())

/** What other users see of a user. */
export const publicUserSchema = z.object({ id: idSchema, username: z.string() })
/** What other users see of a user. */
export type PublicUser = z.infer<typeof publicUserSchema>

/** What a user sees of himself. */
export const userSchema = z.object({
  id: idSchema,
  username: z.string(),
  email: z.string().nullable(),
  role: z.enum(['user', 'admin']),
  createdAt: timestampSchema,
})
/** A user, as he sees himself. */
export type User = z.infer<typeof userSchema>

/** Whom a call means: by id or by username. */
export const userRefSchema = z.union([
  z.object({ userId: idSchema }),
  z.object({
    username: z
      .string()
      .min(1)
      .max(LIMITS.usernameLength * 4),
  }),
])
/** A user, by id or by username. */
export type UserRef = z.infer<typeof userRefSchema>
