import { TidingsError } from '@tidings/protocol/wire'
import type { Deps } from './deps.ts'

type Limiting = Pick<Deps, 'auth' | 'figures'>
type Taken = Parameters<Deps['auth']['takeCall']>

/** Takes a call off a bucket. Answers why it is refused, and counts that, when there is none left: RATE_LIMITED. */
export function limitCall({ auth, figures }: Limiting, ...taken: Taken): TidingsError | undefined {
  const retryAfterMs = auth.takeCall(...taken)
  if (retryAfterMs <= 0) return undefined
  figures.refusals.RATE_LIMITED += 1
  return new TidingsError('RATE_LIMITED', undefined, { retryAfterMs })
}

/** The same, for who goes no further then. @throws TidingsError RATE_LIMITED */
export function chargeCall(deps: Limiting, ...taken: Taken): void {
  const limited = limitCall(deps, ...taken)
  if (limited !== undefined) throw limited
}
