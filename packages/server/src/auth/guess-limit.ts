import { TidingsError } from '@tidings/protocol/wire'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { ConfiguredLimits } from '../config.ts'
import { addressKey } from './address.ts'

const GUESS_SECONDS = 15 * 60
const REGISTRATION_SECONDS = 60 * 60

/** Who is tried, from where. */
export interface Guess {
  /** Names the account, whether it exists or not. */
  readonly account: string
  readonly ip: string
}

/**
 * Limits on guessing passwords, by account and by address, and on making accounts. Kept in memory on each node, so a
 * cluster of n nodes allows n times as many.
 */
export interface GuessLimit {
  /**
   * Before a password is looked at, so that guesses made at once are counted too.
   * @throws TidingsError RATE_LIMITED, also for the right password
   */
  charge(guess: Guess): Promise<void>
  /** The password was right: the account's count starts anew and the address gets its try back. */
  forgive(guess: Guess): Promise<void>
  /** @throws TidingsError RATE_LIMITED */
  chargeRegistration(ip: string): Promise<void>
}

export function openGuessLimit(
  limits: Pick<ConfiguredLimits, 'loginFailures' | 'loginFailuresPerIp' | 'registrationsPerIp'>,
): GuessLimit {
  const accounts = limiter('account', limits.loginFailures, GUESS_SECONDS)
  const addresses = limiter('address', limits.loginFailuresPerIp, GUESS_SECONDS)
  const registrations = limiter('registration', limits.registrationsPerIp, REGISTRATION_SECONDS)
  return {
    async charge({ account, ip }) {
      // The address first: one that has used up its tries must not lock other people's accounts.
      await consume(addresses, addressKey(ip))
      await consume(accounts, account)
    },
    async forgive({ account, ip }) {
      await accounts.delete(account)
      await addresses.reward(addressKey(ip), 1)
    },
    chargeRegistration: (ip) => consume(registrations, addressKey(ip)),
  }
}

function limiter(keyPrefix: string, points: number, duration: number): RateLimiterMemory {
  return new RateLimiterMemory({ keyPrefix, points, duration })
}

async function consume(limit: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limit.consume(key)
  } catch (thrown) {
    if (!(thrown instanceof RateLimiterRes)) throw thrown
    const retryAfterMs = Math.max(1, Math.ceil(thrown.msBeforeNext))
    throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs })
  }
}
