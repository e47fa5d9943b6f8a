import { TidingsError } from '@tidings/protocol/wire'
import type { Deps } from './deps.ts'

type Limiting = Pick<Deps, 'auth' | 'figures'>
type Taken = Parameters<Deps['auth']['takeCall']>

/** Takes a call off a bucket. Answers why it is refused, and counts that, when there is none left: RATE_LIMITED. */
export function limitCall(deps: Limiting, ...taken: Taken): TidingsError | undefined {
  return refusalAfter(deps, deps.auth.takeCall(...taken))
}

/** The same, for who goes no further then. @throws TidingsError RATE_LIMITED */
export function chargeCall(deps: Limiting, ...taken: Taken): void {
  const limited = limitCall(deps, ...taken)
  if (limited !== undefined) throw limited
}

/**
 * That a session has so many calls left, of which it takes none: the first of several steps is not taken when there is no
 * call for the last.
 * @throws TidingsError RATE_LIMITED
 */
export function requireCalls(deps: Limiting, sessionId: string, count: number): void {
  const limited = refusalAfter(deps, deps.auth.waitForCalls(sessionId, count))
  if (limited !== undefined) throw limited
}

function refusalAfter({ figures }: Limiting, retryAfterMs: number): TidingsError | undefined {
  if (retryAfterMs <= 0) return undefined
  figures.refusals.RATE_LIMITED += 1
  return new TidingsError('RATE_LIMITED', undefined, { retryAfterMs })
}
