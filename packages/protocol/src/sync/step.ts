/**
 * The sync engine: how a client stays in step with its streams, and how it can prove that it missed nothing.
 *
 *                  ready            heads            pulled
 *   offline ────────────▶ asking ──────────▶ pulling ──────────▶ caught up (saveMark)
 *      ▲                 heads, page       what moved,            │    ▲
 *      │ disconnected    by page           page by page           │    │ pull that stream
 *      └──────────────────────────────────────────────────────────┤    │
 *                                                                 ▼    │
 *                                      pushed event of a stream:  seq = position + 1   apply
 *                                                                 seq ≤ position       drop
 *                                                                 seq > position + 1   hold 300 ms, then
 *
 * A push is a hint that happens to carry the event. The truth is what the server answers when asked from a position, and
 * a position is (seq, tag): how far, and in which history. Nothing here waits for a push: a push that is lost costs time.
 *
 * Invariants, for every stream between two resets of it:
 *  1. The position only grows, and `apply` covers (old position, new position] whole: an event between them is either in
 *     `events` or invisible to this user.
 *  2. Events are applied in ascending seq, each once.
 *  3. The mark never runs ahead: `saveMark` comes after the `apply` and `reset` of everything that its round listed.
 *  4. A position is continued only in the epoch and from the tag in which it was reached; otherwise there is a `reset`.
 *  5. At most one pull of a stream, `maxPulls` pulls and one page of heads are in flight; at most `maxHeld` events wait.
 *  6. Whatever was heard of (a head, a pushed event) and is beyond the position has a pull, a timer or a round coming.
 *
 * Pure in the sense that matters: no I/O, no clock, no randomness; the same inputs give the same effects. A step consumes
 * the state that it is given (copying 10,000 positions for each event would cost more than all the rest).
 *
 * @module
 */
import { askPull, streamOfTimer } from './advance.ts'
import type { Effect } from './effect.ts'
import type { Input } from './input.ts'
import { receive } from './live.ts'
import type { SyncEvent } from './position.ts'
import { pulled, pullFailed, requestPulls } from './pull.ts'
import {
  abandon,
  askHeads,
  changeEpoch,
  COMPARE,
  finishRound,
  listHeads,
  startRound,
} from './round.ts'
import type { Step, SyncState } from './state.ts'

/**
 * One input, and what follows from it. The effects are run in order; `state` replaces the one passed in, which must not
 * be used again.
 */
export function step<E extends SyncEvent>(
  state: SyncState<E>,
  input: Input<E>,
): { readonly state: SyncState<E>; readonly effects: readonly Effect<E>[] } {
  const current: Step<E> = { state, effects: [] }
  take(current, input)
  finishRound(current)
  requestPulls(current)
  return current
}

function take<E extends SyncEvent>(current: Step<E>, input: Input<E>): void {
  switch (input.kind) {
    case 'ready':
      subscribed(current, input)
      return
    case 'disconnected':
      abandon(current)
      return
    case 'events':
    case 'accepted':
      receive(current, input.events)
      return
    case 'behind':
      if (current.state.live) startRound(current, 'changed')
      return
    case 'heads':
    case 'pulled':
    case 'failed':
      answered(current, input)
      return
    case 'timer':
      fired(current, input.timer)
      return
  }
}

function subscribed<E extends SyncEvent>(
  current: Step<E>,
  { epoch, watermark }: { readonly epoch: number; readonly watermark: number },
): void {
  const { state } = current
  abandon(current)
  state.live = true
  state.failures = 0
  if (state.epoch !== undefined && state.epoch !== epoch) changeEpoch(current, epoch)
  state.epoch = epoch
  const { mark } = state
  const due =
    mark === undefined ||
    // The database's clock went back: "changed since" would miss what was written in the repeated hour.
    watermark < mark.watermark ||
    watermark - mark.comparedAt >= state.options.compareEveryMs
  startRound(current, due ? 'full' : 'changed', true)
}

/** Answers to requests that are not in flight (any more) are dropped: a reconnection has asked anew. */
function answered<E extends SyncEvent>(
  current: Step<E>,
  input: Extract<Input<E>, { readonly request: number }>,
): void {
  const { requests } = current.state
  const asked = requests.get(input.request)
  if (asked === undefined) return
  requests.delete(input.request)
  if (asked.kind === 'heads') {
    if (input.kind === 'heads') listHeads(current, input.answer)
    else askHeads(current, { ...asked, attempt: asked.attempt + 1 })
  } else if (input.kind === 'pulled') pulled(current, asked, input.answer)
  else pullFailed(current, asked)
}

function fired<E extends SyncEvent>(current: Step<E>, timer: string): void {
  const { state } = current
  if (!state.live) return
  if (timer === COMPARE) {
    startRound(current, 'full')
    return
  }
  const stream = streamOfTimer(timer)
  const busy = stream === undefined ? undefined : state.busy.get(stream)
  if (stream === undefined || busy?.waiting !== true) return
  busy.waiting = false
  askPull(current, stream)
}
