import { TidingsError } from '@tidings/protocol/wire'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { ConfiguredLimits } from '../config.ts'
import { addressKey } from './address.ts'
import { openGate, type Gate } from './gate.ts'

const GUESS_SECONDS = 15 * 60
const REGISTRATION_SECONDS = 60 * 60
/** Guesses at one account that wait their turn. */
const MAX_WAITING = 50

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
   * Has a password looked at and answers whether it was right. Guesses at one account are looked at one after another,
   * so that many right ones at once do no harm and many wrong ones at once gain nothing.
   * @throws TidingsError RATE_LIMITED, also for the right password
   */
  check(guess: Guess, isRight: () => Promise<boolean>): Promise<boolean>
  /** @throws TidingsError RATE_LIMITED */
  chargeRegistration(ip: string): Promise<void>
}

export function openGuessLimit(
  limits: Pick<ConfiguredLimits, 'loginFailures' | 'loginFailuresPerIp' | 'registrationsPerIp'>,
): GuessLimit {
  const accounts = limiter('account', limits.loginFailures, GUESS_SECONDS)
  const addresses = limiter('address', limits.loginFailuresPerIp, GUESS_SECONDS)
  const registrations = limiter('registration', limits.registrationsPerIp, REGISTRATION_SECONDS)
  const inLine = openLines()
  return {
    check: ({ account, ip }, isRight) =>
      inLine(account, async () => {
        const address = addressKey(ip)
        // The address first: one that has used up its tries must not lock other people's accounts.
        await consume(addresses, address)
        await consume(accounts, account)
        const right = await isRight()
        if (!right) return false
        await accounts.delete(account)
        await addresses.reward(address, 1)
        return true
      }),
    chargeRegistration: (ip) => consume(registrations, addressKey(ip)),
  }
}

/** Runs the work of one account one after another, and that of many side by side. */
function openLines(): <T>(account: string, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, { readonly gate: Gate; users: number }>()
  return async (account, work) => {
    const line = lines.get(account) ?? {
      gate: openGate({ size: 1, maxWaiting: MAX_WAITING }),
      users: 0,
    }
    line.users += 1
    lines.set(account, line)
    try {
      return await line.gate.run(work)
    } finally {
      line.users -= 1
      if (line.users === 0) lines.delete(account)
    }
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
