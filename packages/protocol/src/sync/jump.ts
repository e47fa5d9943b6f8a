import { releaseHeld, resetTo } from './advance.ts'
import type { ResetReason } from './effect.ts'
import type { Position, SyncEvent } from './position.ts'
import { busyOf, type Busy, type Step, type SyncState } from './state.ts'

/** A stream's pull is done. What was pushed meanwhile follows; what was heard of and did not come gets time, then a pull. */
export function levelled<E extends SyncEvent>(step: Step<E>, stream: string): void {
  const { state } = step
  const busy = busyOf(state, stream)
  busy.pulled = 0
  settleOwed(state, busy)
  releaseHeld(step, stream)
}

/** The round under way need not wait for this stream any longer. */
export function settleOwed<E extends SyncEvent>(state: SyncState<E>, busy: Busy<E>): void {
  if (!busy.owed) return
  busy.owed = false
  if (state.round !== undefined) state.round.owed -= 1
}

/** Starts a stream anew at a place with nothing left to pull before it. */
export function jump<E extends SyncEvent>(
  step: Step<E>,
  reason: ResetReason,
  to: Position & { readonly stream: string },
): void {
  const { state } = step
  const busy = busyOf(state, to.stream)
  if (busy.pull === 'queued') {
    state.queue.delete(to.stream)
    busy.pull = 'none'
  }
  resetTo(step, reason, to)
  if (busy.pull === 'none') levelled(step, to.stream)
}
