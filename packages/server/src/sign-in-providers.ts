import * as z from 'zod'
import { isTrustworthyUrl, type ExternalTokens } from './external-tokens.ts'

/**
 * Another server by which users can sign in: one that speaks OpenID Connect or, with `userInfo`, OAuth 2 alone. Register
 * `<publicUrl>/oauth/callback/<name>` there as the address to lead back to.
 *
 * @example
 * ```ts
 * import { createServer } from '@tidings/server'
 * createServer({
 *   providers: [
 *     {
 *       name: 'example',
 *       label: 'Example',
 *       issuer: 'https://accounts.example.com',
 *       clientId: 'tidings',
 *       clientSecret: 'what the provider has given',
 *     },
 *   ],
 * })
 * ```
 */
export interface SignInProvider {
  /** In addresses: 1 to 32 small letters, digits and `-`. */
  readonly name: string
  /** For people. @default the name */
  readonly label?: string | undefined
  /** `https:`, or `http:` on this machine. Its metadata is found below it. */
  readonly issuer: string
  readonly clientId: string
  /** Left out for a client that has none. */
  readonly clientSecret?: string | undefined
  /** What is asked for, space-separated. @default 'openid profile', and nothing with `userInfo` */
  readonly scope?: string | undefined
  /** Where one that does not speak OpenID says who has signed in, as JSON. */
  readonly userInfo?:
    | {
        readonly url: string
        /** The field that says who it is, the same for the same user for ever. @default 'sub' */
        readonly subject?: string | undefined
        /** The field that says how a new account should be called. @default 'preferred_username' */
        readonly name?: string | undefined
      }
    | undefined
  /** Of one that publishes no metadata. */
  readonly endpoints?: { readonly authorization: string; readonly token: string } | undefined
}

const DEFAULT_CLAIM = 'sub'

const text = z.string().min(1).max(255)
const url = z.string().max(2000).refine(isTrustworthyUrl, 'must be https, or http on this machine')

const provider = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'small letters, digits and -, 32 at most'),
  label: text.optional(),
  issuer: url,
  clientId: text,
  clientSecret: z.string().min(1).max(4096).optional(),
  scope: z.string().max(1000).optional(),
  userInfo: z.strictObject({ url, subject: text.optional(), name: text.optional() }).optional(),
  endpoints: z.strictObject({ authorization: url, token: url }).optional(),
})

const providers = z
  .array(provider)
  .max(20)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names must differ')
  .refine(
    (all) => new Set(all.map(({ issuer }) => issuer)).size === all.length,
    'issuers must differ',
  )

/** What is wrong with the settings; no value is shown, since it may be a secret. */
export function providerProblems(given: readonly SignInProvider[]): string[] {
  const issues = providers.safeParse(given).error?.issues ?? []
  return issues.map(({ path, message }) => {
    const [index, ...fields] = path
    const where =
      index === undefined
        ? ''
        : `[${String(index)}]${fields.map((field) => `.${String(field)}`).join('')}`
    return `${where}: ${message}`.replace(/^: /, '')
  })
}

/**
 * What is wrong where the app's tokens and a provider have one issuer: whom they name is one account, so they must name him by the
 * same claim. Undefined when nothing is.
 */
export function sharedIssuerProblem(
  tokens: ExternalTokens,
  given: readonly SignInProvider[],
): { readonly field: string; readonly message: string } | undefined {
  const shared = given.find(({ issuer }) => issuer === tokens.issuer)
  if (shared === undefined) return undefined
  // An id token always names him so.
  const claim = shared.userInfo?.subject ?? DEFAULT_CLAIM
  if ((tokens.userClaim ?? DEFAULT_CLAIM) === claim) return undefined
  const message = 'must be the claim by which the provider of the same issuer names its users'
  return { field: 'userClaim', message }
}

/** Reads a JSON list. Undefined when it is none: what is wrong in it is for `providerProblems`. */
export function readProviders(json: string): readonly SignInProvider[] | undefined {
  try {
    return z
      .array(z.custom<SignInProvider>((one) => typeof one === 'object' && one !== null))
      .safeParse(JSON.parse(json)).data
  } catch {
    return undefined
  }
}
