import { TidingsError } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import type { ConfiguredLimits } from '../config.ts'
import type { Database } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import { signAccessToken, signingKeys, verifyAccessToken } from './access-token.ts'
import { addressKey } from './address.ts'
import type { AccessTokenRequest, Auth, IssuedSecret } from './auth.ts'
import { openCallLimit } from './call-limit.ts'
import { openGuessLimit } from './guess-limit.ts'
import { openPasswords, type Passwords } from './password.ts'
import { openRefreshTokens } from './refresh-token.ts'
import { openSessionLookup } from './session-lookup.ts'
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
}

export function openAuth(options: AuthOptions): Auth {
  const { database, clock, secrets, limits, log, sign = signAccessToken } = options
  const keys = signingKeys(secrets)
  const [signer] = keys
  if (signer === undefined) throw new Error('at least one secret is needed')
  const passwords = options.passwords ?? openPasswords()
  const lookup = openSessionLookup({ database, clock, log })
  const tickets = openTickets(database)
  const calls = {
    session: openCallLimit({ perSecond: limits.callsPerSecond, burst: limits.callsBurst }, clock),
    ip: openCallLimit({ perSecond: limits.ipCallsPerSecond, burst: limits.ipCallsBurst }, clock),
  }
  const messageRate = { perSecond: limits.messagesPerSecond, burst: limits.messagesBurst }
  const messages = openCallLimit(messageRate, clock)
  return {
    async authenticate(accessToken) {
      const { userId, sessionId } = verifyAccessToken(keys, accessToken, clock.now())
      const actor = await lookup({ id: sessionId })
      if (actor.userId !== userId) throw new TidingsError('UNAUTHENTICATED')
      return actor
    },
    redeemTicket: async (ticket, origin) => lookup({ key: await tickets.redeem(ticket, origin) }),
    hashPassword: (password) => passwords.hash(password),
    verifyPassword: (hash, password) => passwords.verify(hash, password),
    issueAccessToken: (request) =>
      issueAccessToken((claims) => sign(signer, claims), request, clock.now()),
    refreshTokens: openRefreshTokens({ database, secrets }),
    tickets,
    guesses: openGuessLimit({ database, secrets, limits }),
    takeMessages: (userId, count) => messages.take(userId, count),
    takeCall: (key, kind) => calls[kind].take(kind === 'ip' ? addressKey(key) : key),
  }
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
