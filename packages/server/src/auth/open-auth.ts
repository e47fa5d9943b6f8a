import type { Clock } from '../clock.ts'
import type { ConfiguredLimits } from '../config.ts'
import type { Database } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import { accessKeyOf } from './access-key.ts'
import { signAccessToken, signingKeys, type SigningKey } from './access-token.ts'
import { addressKey } from './address.ts'
import type { AccessTokenRequest, Auth, IssuedSecret, OAuthTokenRequest } from './auth.ts'
import { openAuthentication } from './authentication.ts'
import type { ExternalEntry } from './external-person.ts'
import { openCallLimit } from './call-limit.ts'
import { openGuessLimit } from './guess-limit.ts'
import { openKeyCursors } from './key-cursors.ts'
import { opaqueToken, signOAuthToken } from './oauth-access.ts'
import { openPageAuth } from './page-auth.ts'
import { NO_PASSWORD, openPasswords, type Passwords } from './password.ts'
import { randomText } from './primitives.ts'
import { openRefreshTokens } from './refresh-token.ts'
import { openSessionLookup } from './session-lookup.ts'
import { signInSecretsOf } from './sign-in-secrets.ts'
import { openTickets } from './ticket.ts'

const ACCESS_TOKEN_MS = { short: 15 * 60 * 1000, long: 14 * 24 * 60 * 60 * 1000 } as const

export interface AuthOptions {
  readonly database: Database
  /** Of this process: for what is checked at every call. What is stored takes the database's time. */
  readonly clock: Clock
  /** New first; the others are still accepted. At least one. */
  readonly secrets: readonly string[]
  readonly limits: ConfiguredLimits
  readonly log: Pick<Logger, 'warn'>
  /** @default Argon2id */
  readonly passwords?: Passwords | undefined
  /** @default oslo's */
  readonly sign?: typeof signAccessToken | undefined
  /** Of an app that makes tokens of its own. */
  readonly external?: ExternalEntry | undefined
}

export function openAuth(options: AuthOptions): Auth {
  const { database, clock, secrets, limits, log, external, sign = signAccessToken } = options
  const keys = signingKeys(secrets)
  const [signer] = keys
  const [oauthSigner] = signingKeys(secrets, 'oauth-access-token')
  const [current] = secrets
  if (signer === undefined || oauthSigner === undefined || current === undefined)
    throw new Error('at least one secret is needed')
  const passwords = options.passwords ?? openPasswords()
  const lookup = openSessionLookup({ database, clock, log })
  const tickets = openTickets(database)
  const parts = { database, clock, secrets, keys, lookup, tickets, external }
  const authentication = openAuthentication(parts)
  return {
    ...authentication,
    ...openPageAuth({ secrets, clock, lookup }),
    accessKey: (sessionId) => accessKeyOf(current, sessionId),
    hashPassword: (password) => passwords.hash(password),
    verifyPassword: (hash, password) =>
      passwords.verify(hash === NO_PASSWORD ? undefined : hash, password),
    issueAccessToken: (request) =>
      issueAccessToken((claims) => sign(signer, claims), request, clock.now()),
    makeOAuthToken: (request) => makeOAuthToken(oauthSigner, request),
    signInSecrets: (state) => signInSecretsOf(current, state),
    refreshTokens: openRefreshTokens({ database, secrets }),
    tickets,
    keyCursors: openKeyCursors(secrets),
    guesses: openGuessLimit({ database, secrets, limits }),
    ...openBuckets(options),
  }
}

type Buckets = Pick<Auth, 'takeMessages' | 'waitForMessages' | 'takeCall' | 'waitForCalls'>

/** What is more than a full bucket would never be had: of that a full one is asked for. */
function openBuckets({ limits, clock }: Pick<AuthOptions, 'limits' | 'clock'>): Buckets {
  const { messagesBurst, callsBurst } = limits
  const calls = {
    session: openCallLimit({ perSecond: limits.callsPerSecond, burst: callsBurst }, clock),
    ip: openCallLimit({ perSecond: limits.ipCallsPerSecond, burst: limits.ipCallsBurst }, clock),
  }
  const messageRate = { perSecond: limits.messagesPerSecond, burst: messagesBurst }
  const messages = openCallLimit(messageRate, clock)
  return {
    takeMessages: (userId, count) => messages.take(userId, Math.min(count, messagesBurst)),
    waitForMessages: (userId, count) => messages.wait(userId, Math.min(count, messagesBurst)),
    takeCall: (key, kind) => calls[kind].take(kind === 'ip' ? addressKey(key) : key),
    waitForCalls: (sessionId, count) => calls.session.wait(sessionId, Math.min(count, callsBurst)),
  }
}

function makeOAuthToken(
  signer: SigningKey,
  { format, length, ...claims }: OAuthTokenRequest,
): string {
  const random = randomText(length)
  return format === 'jwt' ? signOAuthToken(signer, { ...claims, id: random }) : opaqueToken(random)
}

async function issueAccessToken(
  sign: (claims: Parameters<typeof signAccessToken>[1]) => Promise<string>,
  { userId, sessionId, lifetime }: AccessTokenRequest,
  issuedAt: number,
): Promise<IssuedSecret> {
  // Whole seconds, as the token says it.
  const expiresAt = Math.floor((issuedAt + ACCESS_TOKEN_MS[lifetime]) / 1000) * 1000
  const token = await sign({ userId, sessionId, issuedAt, expiresAt })
  return { token, expiresAt }
}
