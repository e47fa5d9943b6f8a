import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { isBlank, lineSchema } from './text.ts'
import { fitsInBytes, textProblem } from './json.ts'
import { LIMITS } from './limits.ts'
import { nameKey } from './name-key.ts'
import { linkSchema } from './link-schema.ts'

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

/** A password: well-formed text of up to 256 bytes, taken whole. The server has a shortest length of its own. */
export const passwordSchema: z.ZodType<string, string> = z
  .string()
  .min(1)
  .max(LIMITS.passwordBytes)
  .refine(
    (text) => fitsInBytes(text, LIMITS.passwordBytes),
    `longer than ${LIMITS.passwordBytes} bytes`,
  )
  .refine((text) => !text.includes('\u0000'), 'the NUL character is not allowed')

/** An e-mail address, as the HTML standard reads it, at most 254 characters. */
export const emailSchema: z.ZodType<string, string> = z
  .string()
  .max(LIMITS.emailLength)
  .pipe(z.email())

/** Text of several lines about oneself. */
const aboutSchema: z.ZodType<string, string> = z
  .string()
  .max(LIMITS.aboutLength * 4)
  .transform((text) => text.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .max(LIMITS.aboutLength)
      .refine((text) => !isBlank(text), 'must not be empty')
      .refine((text) => textProblem(text) === undefined, 'not well-formed text')
      .refine((text) => !/[^\P{Cc}\n]/u.test(text), 'control characters are not allowed'),
  )

/** What is shown of a user wherever he is named; what he has not given is left out. */
export const publicUserSchema = z.object({
  id: idSchema,
  username: z.string(),
  displayName: z.string().optional(),
  avatarUrl: z.string().optional(),
})
/** What is shown of a user wherever he is named. */
export type PublicUser = z.infer<typeof publicUserSchema>

/** What a user sees of another one; first and last name are for contacts. */
export const profileSchema = publicUserSchema.extend({
  about: z.string().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
})
/** What a user sees of another one; first and last name are for contacts. */
export type Profile = z.infer<typeof profileSchema>
/** Those of the users who can be found, each once. */
export const profilesSchema = z.array(profileSchema)

export const listUsersSchema = z.object({ userIds: z.array(idSchema).max(LIMITS.profileUsers) })
/** Whose profiles are asked for. */
export type ListUsersInput = z.infer<typeof listUsersSchema>

/** Who may see that a user is online: who shares a conversation with him, of these his contacts, or nobody. */
export const presenceForSchema = z.enum(['everybody', 'contacts', 'nobody'])
/** Who may see that a user is online: who shares a conversation with him, of these his contacts, or nobody. */
export type PresenceFor = z.infer<typeof presenceForSchema>

const name = lineSchema(LIMITS.nameLength)
/** What is left out stays, and null takes it away. */
export const updateProfileSchema = z.object({
  displayName: name.nullable().optional(),
  firstName: name.nullable().optional(),
  lastName: name.nullable().optional(),
  about: aboutSchema.nullable().optional(),
  avatarUrl: linkSchema.nullable().optional(),
})
/** What of one's profile is to change: what is left out stays, and null takes it away. */
export type UpdateProfileInput = z.input<typeof updateProfileSchema>

export const updatePrivacySchema = z.object({ presenceFor: presenceForSchema })
/** Who may see that one is online. It goes both ways. */
export type UpdatePrivacyInput = z.input<typeof updatePrivacySchema>

/** What a user sees of himself. */
export const userSchema = z.object({
  id: idSchema,
  username: z.string(),
  email: z.string().nullable(),
  role: z.enum(['user', 'admin']),
  createdAt: timestampSchema,
  displayName: z.string().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  about: z.string().optional(),
  avatarUrl: z.string().optional(),
  /** When he has shown that mail to the address reaches him. */
  emailVerifiedAt: timestampSchema.optional(),
  /** Left out for everybody who shares a conversation with him. */
  presenceFor: presenceForSchema.optional(),
})
/** A user, as he sees himself. */
export type User = z.infer<typeof userSchema>

export const userIdRefSchema = z.object({ userId: idSchema })
/** A user, by id. */
export type UserIdRef = z.infer<typeof userIdRefSchema>

/** Whom a call means: by id or by username. */
export const userRefSchema = z.union([
  userIdRefSchema,
  z.object({
    username: z
      .string()
      .min(1)
      .max(LIMITS.usernameLength * 4),
  }),
])
/** A user, by id or by username. */
export type UserRef = z.infer<typeof userRefSchema>
