import type { Figures } from '../figures.ts'
import type { Logger } from '../logger.ts'
import type { Machine } from '../machine.ts'
import type { Hub } from './hub.ts'
import type { Pump } from './pump.ts'
import { Rounds } from './rounds.ts'
import type { Source } from './source.ts'

/** With the spread, and a second for the check itself, no commit stays untold for more than 3 s. */
const HEAD_CHECK_MS = 2000
const SPREAD = 0.2
/**
 * An event's time is taken before its commit, and a transaction lasts 10 s at most: looking so far back before the last
 * check finds those that committed after it. What was pushed already is dropped by its seq.
 */
const LONGEST_TRANSACTION_MS = 10_000
/** With the spread, the connections of a revoked session are gone within 5 s. */
const SESSION_CHECK_MS = 4000
/** A session that is used ends 30 days later: noting a held socket's use so rarely costs next to nothing. */
const SESSION_TOUCH_MS = 10 * 60 * 1000
/** Users or sessions of one query, so that none holds the database for long. */
const SLICE = 1000

export interface ChecksParts {
  readonly hub: Hub
  readonly source: Source
  readonly pump: Pump
  readonly log: Pick<Logger, 'warn'>
  readonly machine: Pick<Machine, 'after' | 'random' | 'elapsed'>
  readonly figures: Figures
}

/** What repairs lost hints and lost revocations: looks into the database at intervals. */
export interface Checks {
  /** Head and session checks now: hints may have been missed. */
  hurry(): void
  close(): Promise<void>
}

/** Starts the checks; head checks only where other processes append too. */
export function startChecks(parts: ChecksParts): Checks {
  const sessions = sessionChecks(parts)
  const heads = parts.source.soleWriter ? undefined : headChecks(parts)
  const touches = sessionTouches(parts)
  sessions.start()
  touches.start()
  heads?.start()
  return {
    hurry() {
      heads?.hurry()
      sessions.hurry()
    },
    async close() {
      await Promise.all([sessions.close(), touches.close(), heads?.close()])
    },
  }
}

function headChecks({ hub, source, pump, log, machine, figures }: ChecksParts): Rounds {
  // Database time of the last check. Before the first there is nothing to repair: who connects compares heads himself,
  // and the first check comes long before LONGEST_TRANSACTION_MS is over.
  let checkedAt: number | undefined
  return new Rounds({
    everyMs: HEAD_CHECK_MS,
    spread: SPREAD,
    machine,
    onFailure(error) {
      figures.failedChecks += 1
      log.warn({ err: error }, 'a head check failed')
    },
    async run() {
      const { epoch, now } = await source.readClock()
      const since = (checkedAt ?? now) - LONGEST_TRANSACTION_MS
      for (const userKeys of slices(hub.userKeys())) {
        pump.checked(epoch, await source.findMoved(userKeys, since))
      }
      checkedAt = now
      figures.headsCheckedAt = machine.elapsed()
    },
  })
}

function sessionChecks({ hub, source, log, machine }: ChecksParts): Rounds {
  return new Rounds({
    everyMs: SESSION_CHECK_MS,
    spread: SPREAD,
    machine,
    onFailure: (error) => log.warn({ err: error }, 'a session check failed'),
    async run() {
      for (const sessionKeys of slices(hub.sessionKeys())) {
        hub.closeSessions(await source.findEnded(sessionKeys))
      }
    },
  })
}

function sessionTouches({ hub, source, log, machine }: ChecksParts): Rounds {
  return new Rounds({
    everyMs: SESSION_TOUCH_MS,
    spread: SPREAD,
    machine,
    onFailure: (error) => log.warn({ err: error }, 'the use of sessions could not be noted'),
    async run() {
      for (const sessionKeys of slices(hub.sessionKeys())) await source.touch(sessionKeys)
    },
  })
}

function* slices(keys: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < keys.length; at += SLICE) yield keys.slice(at, at + SLICE)
}
