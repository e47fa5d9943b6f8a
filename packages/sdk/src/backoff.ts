/** How eager a retry is: `soon` after a fault that is likely over, `later` when the other side asked for patience. */
export type Pace = 'soon' | 'later'

const PACES: Readonly<Record<Pace, { readonly firstMs: number; readonly mostMs: number }>> = {
  soon: { firstMs: 250, mostMs: 30_000 },
  later: { firstMs: 2_000, mostMs: 60_000 },
}

/**
 * How long to wait before try number `attempt` (from 0), milliseconds. Full jitter: anything from nothing to a bound that
 * doubles, so that the clients of a server that went away do not all return at once.
 */
export function backoffMs(attempt: number, pace: Pace, random: () => number): number {
  const { firstMs, mostMs } = PACES[pace]
  return Math.floor(random() * Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16)))
}
