import { TidingsError } from '@tidings/protocol/wire'
import type { ConfiguredLimits } from '../config.ts'
import type { Database, Tx } from '../db/database.ts'
import { countOne, deleteCount, uncountOne } from '../stores/guess-count.ts'
import { addressKey } from './address.ts'
import { openGate, type Gate } from './gate.ts'
import { authenticationCode, deriveKey } from './primitives.ts'

const GUESS_MS = 15 * 60 * 1000
const REGISTRATION_MS = 60 * 60 * 1000
/** Guesses at one account that wait their turn. */
const MAX_WAITING = 50

/** Who is tried, from where. */
export interface Guess {
  /** Names the account, whether it exists or not. */
  readonly account: string
  readonly ip: string
}

/**
 * Limits on guessing passwords, by account and by address, and on making accounts. They are counted in the database: who
 * guesses gains nothing by trying another node, or by waiting for a restart, and a sign-in needs the database anyway.
 */
export interface GuessLimit {
  /**
   * Has a password looked at and answers whether it was right. A guess is counted before it is looked at, so that many
   * wrong ones at once gain nothing, and a node looks at those of one account one after another, so that many right ones
   * at once do no harm.
   * @throws TidingsError RATE_LIMITED, also for the right password
   */
  check(guess: Guess, isRight: () => Promise<boolean>): Promise<boolean>
  /** @throws TidingsError RATE_LIMITED */
  chargeRegistration(ip: string): Promise<void>
  /** Counts a mail that somebody asks for, to an address that may be anybody's. @throws TidingsError RATE_LIMITED */
  chargeMail(asked: Guess): Promise<void>
}

/** Mails an hour to one address, and such that one caller asks for. */
const MAIL_MS = 60 * 60 * 1000
const MAX_MAILS = 5
const MAX_MAILS_OF_CALLER = 50

/** Guesses and registrations whose counts are written at once: a flood of them must leave the connections to messages. */
const COUNTED_AT_ONCE = 2
const MAX_COUNTS_WAITING = 1000

export interface GuessLimitOptions {
  readonly database: Database
  /** New first: what is counted is kept under names that only who has the secret can make. */
  readonly secrets: readonly string[]
  readonly limits: Pick<
    ConfiguredLimits,
    'loginFailures' | 'loginFailuresPerIp' | 'registrationsPerIp'
  >
}

/** What is counted under one name. */
interface Limit {
  readonly digest: string
  readonly windowMs: number
  readonly max: number
}

export function openGuessLimit({ database, secrets, limits }: GuessLimitOptions): GuessLimit {
  const nameKey = deriveKey(secrets[0] ?? '', 'guesses')
  const digestOf = (name: string) => authenticationCode(nameKey, name)
  const windowMs = GUESS_MS
  const limitsOf = ({ account, ip }: Guess): [address: Limit, account: Limit] => [
    { digest: digestOf(`address:${addressKey(ip)}`), windowMs, max: limits.loginFailuresPerIp },
    { digest: digestOf(`account:${account}`), windowMs, max: limits.loginFailures },
  ]
  const inLine = openLines()
  const counting = openGate({ size: COUNTED_AT_ONCE, maxWaiting: MAX_COUNTS_WAITING })
  return {
    check: (guess, isRight) =>
      inLine(guess.account, async () => {
        // The address first: one that has used up its tries must not lock other people's accounts.
        const [address, account] = limitsOf(guess)
        await counting.run(() => count(database, [address, account]))
        const isIt = await isRight().catch(async (error: unknown) => {
          // Nobody has looked at the password: it is no guess.
          await database.tx(async (tx) => {
            for (const { digest } of [address, account]) await uncountOne(database, tx, digest)
          })
          throw error
        })
        if (!isIt) return false
        await database.tx(async (tx) => {
          await uncountOne(database, tx, address.digest)
          await deleteCount(database, tx, account.digest)
        })
        return true
      }),
    async chargeRegistration(ip) {
      const digest = digestOf(`registration:${addressKey(ip)}`)
      const limit = { digest, windowMs: REGISTRATION_MS, max: limits.registrationsPerIp }
      await counting.run(() => count(database, [limit]))
    },
    async chargeMail({ account, ip }) {
      const ofMail = mailLimits(digestOf, { account, ip })
      await counting.run(() => count(database, ofMail))
    },
  }
}

function mailLimits(digestOf: (name: string) => string, { account, ip }: Guess): readonly Limit[] {
  const caller = digestOf(`mail-of:${addressKey(ip)}`)
  const address = digestOf(`mail-to:${account}`)
  return [
    { digest: caller, windowMs: MAIL_MS, max: MAX_MAILS_OF_CALLER },
    { digest: address, windowMs: MAIL_MS, max: MAX_MAILS },
  ]
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

/** @throws TidingsError RATE_LIMITED */
async function count(database: Database, limits: readonly Limit[]): Promise<void> {
  const retryAfterMs = await database.tx((tx) => countIn(database, tx, limits))
  if (retryAfterMs !== undefined)
    throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs })
}

/** One of each, up to the first that is used up; answers how long that is. */
async function countIn(
  database: Database,
  tx: Tx,
  limits: readonly Limit[],
): Promise<number | undefined> {
  const now = await database.now(tx)
  for (const limit of limits) {
    const endsAt = await countOne(database, tx, { ...limit, now })
    if (endsAt !== undefined) return Math.max(1, endsAt - now)
  }
  return undefined
}
