import type { ResetReason } from './effect.ts'
import { START, type Position, type SyncEvent } from './position.ts'
import { busyOf, rest, type Busy, type Step, type SyncState } from './state.ts'

/** Timers of holes carry the stream's name; the engine never looks into the name of any other. */
const GAP = 'gap '

export function gapTimer(stream: string): string {
  return GAP + stream
}

/** The stream whose hole a timer watches, or undefined for another timer. */
export function streamOfTimer(timer: string): string | undefined {
  return timer.startsWith(GAP) ? timer.slice(GAP.length) : undefined
}

/** Where a replay of a stream begins: after what retention has deleted, if that leaves anything to see. */
export function beginning(head: Position, floor: number): Position {
  if (head.seq <= floor) return { seq: head.seq, tag: head.tag }
  return floor > 0 ? { seq: floor, tag: 0 } : START
}

/** Moves a stream to `to` over `events`, which lead there without a hole, and on over whatever was held back for them. */
export function advance<E extends SyncEvent>(
  { state, effects }: Step<E>,
  events: E[],
  to: Position & { readonly stream: string },
): void {
  const { stream } = to
  const busy = state.busy.get(stream)
  // Of an older epoch, and visible again before the heads of the new one were listed: the app still has the old events.
  if (state.forgotten.delete(stream)) {
    const position = state.positions.get(stream) ?? START
    effects.push({ kind: 'reset', stream, reason: 'epoch', position })
  }
  const position = release(state, to, events)
  state.positions.set(stream, position)
  effects.push({ kind: 'apply', stream, events, position })
  if (busy === undefined) return
  busy.waits = 0
  if (!isBeyond(busy, position)) {
    stopWaiting({ state, effects }, stream)
    rest(state, stream)
  }
}

/** Starts a stream anew at `position`; what was held back for it may follow at once. */
export function resetTo<E extends SyncEvent>(
  step: Step<E>,
  reason: ResetReason,
  position: Position & { readonly stream: string },
): void {
  const { state, effects } = step
  const { stream, seq, tag } = position
  state.forgotten.delete(stream)
  state.positions.set(stream, { seq, tag })
  effects.push({ kind: 'reset', stream, reason, position: { seq, tag } })
  const busy = state.busy.get(stream)
  if (busy === undefined) return
  busy.pulled = 0
  if (busy.held.length > 0) releaseHeld(step, stream)
}

/** Applies what was held back and follows the position; what lies further ahead waits for what is missing. */
export function releaseHeld<E extends SyncEvent>(step: Step<E>, stream: string): void {
  const { state } = step
  const events: E[] = []
  const reached = release(state, { stream, ...(state.positions.get(stream) ?? START) }, events)
  if (events.length > 0) advance(step, events, { stream, ...reached })
  const busy = state.busy.get(stream)
  if (busy !== undefined && isBeyond(busy, reached)) wait(step, stream)
  else rest(state, stream)
}

/** Appends to `events` what was held back and follows `from` without a hole, and says where that leads. */
function release<E extends SyncEvent>(
  state: SyncState<E>,
  from: Position & { readonly stream: string },
  events: E[],
): Position {
  let { seq, tag } = from
  const busy = state.busy.get(from.stream)
  if (busy === undefined) return { seq, tag }
  let taken = 0
  for (const event of busy.held) {
    if (event.seq > seq + 1) break
    taken += 1
    if (event.seq <= seq) continue
    events.push(event)
    seq = event.seq
    tag = event.tag
  }
  busy.held.splice(0, taken)
  state.held -= taken
  return { seq, tag }
}

/** Something newer than the position has been heard of. */
export function isBeyond<E extends SyncEvent>(busy: Busy<E>, position: Position): boolean {
  return busy.newest !== undefined && busy.newest.seq > position.seq
}

/** Gives a hole some time to close by itself; the wait doubles while pulls find nothing to close it with. */
export function wait<E extends SyncEvent>({ state, effects }: Step<E>, stream: string): void {
  const busy = busyOf(state, stream)
  if (busy.waiting || busy.pull !== 'none') return
  busy.waiting = true
  const afterMs = state.options.gapWaitMs * 2 ** Math.min(busy.waits, 6)
  busy.waits += 1
  effects.push({ kind: 'setTimer', timer: gapTimer(stream), afterMs })
}

function stopWaiting<E extends SyncEvent>({ state, effects }: Step<E>, stream: string): void {
  const busy = state.busy.get(stream)
  if (busy === undefined || !busy.waiting) return
  busy.waiting = false
  effects.push({ kind: 'cancelTimer', timer: gapTimer(stream) })
}

/** Puts a stream in the queue of pulls, unless it is there or being asked for. */
export function askPull<E extends SyncEvent>(step: Step<E>, stream: string): void {
  const busy = busyOf(step.state, stream)
  if (busy.pull !== 'none') return
  stopWaiting(step, stream)
  busy.pull = 'queued'
  step.state.queue.add(stream)
}

/** Like `askPull`, but a pull that is already under way does not count: it may be older than what we know now. */
export function askAfresh<E extends SyncEvent>(step: Step<E>, stream: string): void {
  const busy = busyOf(step.state, stream)
  if (busy.pull === 'asked') busy.again = true
  askPull(step, stream)
}
