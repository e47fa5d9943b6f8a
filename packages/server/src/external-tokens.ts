import * as z from 'zod'

/**
 * Tokens that the app's own back end makes: JSON Web Tokens, signed with a key of `jwksUri` (RS256, ES256, EdDSA) or with
 * `secret` (HS256), one of the two. Whoever shows one acts as the account of its issuer and user, which is made at first
 * sight.
 *
 * @example
 * ```ts
 * import { createServer } from '@tidings/server'
 * createServer({
 *   externalTokens: {
 *     issuer: 'https://app.example.com',
 *     audience: 'tidings',
 *     jwksUri: 'https://app.example.com/.well-known/jwks.json',
 *   },
 * })
 * ```
 */
export interface ExternalTokens {
  /** What the tokens say as `iss`, to the letter. */
  readonly issuer: string
  /** What the tokens say as `aud`, alone or among others. */
  readonly audience: string
  /** Where the keys are published: `https:`, or `http:` on this machine. */
  readonly jwksUri?: string | undefined
  /** Shared with the app's back end; 32 bytes or more. */
  readonly secret?: string | undefined
  /** The claim that says who it is, the same for the same user for ever. @default 'sub' */
  readonly userClaim?: string | undefined
  /** The claim that says how a new account should be called, if it is free. @default 'preferred_username' */
  readonly nameClaim?: string | undefined
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** What is fetched from there is believed, so nobody may change it on the way. */
export function isTrustworthyUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
}

const MIN_SECRET_BYTES = 32
const text = z.string('is required').min(1, 'is required').max(255, 'is too long')

/** What is wrong is told without the value: it may be a secret. */
const schema = z.object({
  issuer: text.refine((issuer) => issuer !== 'tidings', 'is the name of our own tokens'),
  audience: text,
  jwksUri: z
    .string()
    .refine(isTrustworthyUrl, 'must be an https URL, or http on this machine')
    .optional(),
  secret: z
    .string()
    .refine(
      (secret) => new TextEncoder().encode(secret).length >= MIN_SECRET_BYTES,
      `must have at least ${MIN_SECRET_BYTES} bytes (openssl rand -hex 32)`,
    )
    .optional(),
  userClaim: text.optional(),
  nameClaim: text.optional(),
})

/** What is wrong with the settings, each with the name of its field. */
export function externalTokenProblems(
  given: ExternalTokens,
): readonly { readonly field: string; readonly message: string }[] {
  const problems = (schema.safeParse(given).error?.issues ?? []).map(({ path, message }) => ({
    field: String(path[0]),
    message,
  }))
  if ((given.jwksUri === undefined) !== (given.secret === undefined)) return problems
  return [...problems, { field: 'jwksUri', message: 'give this or the secret, one of the two' }]
}
