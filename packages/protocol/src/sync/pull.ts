import { advance, askPull, beginning, isBeyond, resetTo } from './advance.ts'
import type { PullFrom } from './effect.ts'
import type { PullAnswer, PulledEvents, PullRefused } from './input.ts'
import { jump, levelled, settleOwed } from './jump.ts'
import { retryWait } from './options.ts'
import { START, type SyncEvent } from './position.ts'
import { resubscribe, startRound } from './round.ts'
import { busyOf, nextRequest, rest, type PullRequest, type Step, type SyncState } from './state.ts'

/** Turns the queue into requests. Runs at the end of a step, so that a step makes one pull and not hundreds. */
export function requestPulls<E extends SyncEvent>({ state, effects }: Step<E>): void {
  const { maxPulls, maxStreamsPerPull, pullLimit } = state.options
  while (
    state.live &&
    state.epoch !== undefined &&
    state.pulls < maxPulls &&
    state.queue.size > 0
  ) {
    const streams = new Map<string, PullFrom>()
    for (const stream of state.queue) {
      if (streams.size === maxStreamsPerPull) break
      state.queue.delete(stream)
      const busy = busyOf(state, stream)
      busy.pull = 'asked'
      busy.again = false
      const { seq, tag } = state.positions.get(stream) ?? START
      streams.set(stream, { stream, after: seq, tag })
    }
    const request = nextRequest(state)
    state.pulls += 1
    state.requests.set(request, { kind: 'pull', streams, attempt: state.failures })
    effects.push({
      kind: 'requestPull',
      request,
      epoch: state.epoch,
      streams: [...streams.values()],
      limit: pullLimit,
      waitMs: retryWait(state.failures),
    })
  }
}

/** The answer of a pull, stream by stream. */
export function pulled<E extends SyncEvent>(
  step: Step<E>,
  asked: PullRequest,
  answer: PullAnswer<E>,
): void {
  const { state } = step
  state.pulls -= 1
  if (answer.epoch !== state.epoch) {
    resubscribe(step)
    return
  }
  const unanswered = new Set(asked.streams.keys())
  let moved = false
  for (const item of answer.streams) {
    const from = asked.streams.get(item.stream)
    if (from === undefined || !unanswered.delete(item.stream)) continue
    busyOf(state, item.stream).pull = 'none'
    if ('reset' in item) refused(step, from, item)
    else takePulled(step, from, item)
    moved ||= isLast(item) || hasMoved(state, from)
  }
  for (const stream of unanswered) requeue(step, stream)
  // An answer that moves nothing is as good as none: without a pause the same question would follow at once.
  if (moved) state.failures = 0
  else countFailure(state, asked)
}

/** It promises nothing more to ask for. */
function isLast<E extends SyncEvent>(item: PulledEvents<E> | PullRefused): boolean {
  return 'reset' in item ? item.reset.reason === 'gone' : !item.more
}

function hasMoved<E extends SyncEvent>(state: SyncState<E>, from: PullFrom): boolean {
  const { seq, tag } = state.positions.get(from.stream) ?? START
  return seq !== from.after || tag !== from.tag
}

/** A pull failed: its streams queue again, and the next request waits. */
export function pullFailed<E extends SyncEvent>(step: Step<E>, asked: PullRequest): void {
  step.state.pulls -= 1
  countFailure(step.state, asked)
  for (const stream of asked.streams.keys()) requeue(step, stream)
}

/** Pulls that fail side by side fail once. */
function countFailure<E extends SyncEvent>(state: SyncState<E>, { attempt }: PullRequest): void {
  state.failures = Math.max(state.failures, attempt + 1)
}

function requeue<E extends SyncEvent>(step: Step<E>, stream: string): void {
  busyOf(step.state, stream).pull = 'none'
  askPull(step, stream)
}

function takePulled<E extends SyncEvent>(
  step: Step<E>,
  from: PullFrom,
  item: PulledEvents<E>,
): void {
  const { state } = step
  const { stream, upTo } = item
  const position = state.positions.get(stream) ?? START
  // The stream was started anew, further back, while this was under way: the answer leaves a hole before it.
  if (position.seq <= from.after && hasMoved(state, from)) {
    askPull(step, stream)
    return
  }
  const events = item.events.filter((event) => event.seq > position.seq && event.seq <= upTo.seq)
  const busy = busyOf(state, stream)
  busy.pulled += events.length
  const again = item.more || busy.again
  if (again) askPull(step, stream)
  if (upTo.seq > position.seq) advance(step, events, { stream, ...upTo })
  if (!again) levelled(step, stream)
  else if (item.more) giveUpWhenTooFar(step, stream)
}

function giveUpWhenTooFar<E extends SyncEvent>(step: Step<E>, stream: string): void {
  const { state } = step
  const busy = busyOf(state, stream)
  const { mode, maxCatchUp } = state.options
  const { newest } = busy
  if (mode !== 'from-head' || busy.pulled < maxCatchUp || newest === undefined) return
  if (!isBeyond(busy, state.positions.get(stream) ?? START)) return
  jump(step, 'too_far', { stream, ...newest })
}

function refused<E extends SyncEvent>(step: Step<E>, from: PullFrom, item: PullRefused): void {
  const { state } = step
  const { stream } = item
  const { reason, head, tag, floor } = item.reset
  const known = state.positions.has(stream)
  const start = beginning({ seq: head, tag }, floor)
  if (reason === 'gone') {
    drop(step, stream)
  } else if (!known && reason === 'floor' && start.seq > from.after) {
    // Nothing was applied, so nothing is lost: begin with what retention has left.
    state.positions.set(stream, start)
    askPull(step, stream)
  } else {
    if (reason !== 'floor') distrustHeld(state, stream)
    const fromHead = state.options.mode === 'from-head'
    resetTo(step, reason, { stream, ...(fromHead ? { seq: head, tag } : start) })
    // Also from the head: what was pushed since the answer was written has just been thrown away.
    askPull(step, stream)
  }
  // One position was wrong: the others are suspect. Inside a full round all of them are being looked at already.
  if (known && state.round?.full !== true) startRound(step, 'full')
}

/** What was pushed before a fork came to light may be of the branch that is gone. */
function distrustHeld<E extends SyncEvent>(state: SyncState<E>, stream: string): void {
  const busy = busyOf(state, stream)
  state.held -= busy.held.length
  busy.held.length = 0
  busy.newest = undefined
}

/** The stream is not this user's any more. */
function drop<E extends SyncEvent>(step: Step<E>, stream: string): void {
  const { state, effects } = step
  const busy = busyOf(state, stream)
  busy.newest = undefined
  settleOwed(state, busy)
  rest(state, stream)
  const had = state.positions.delete(stream)
  if (!state.forgotten.delete(stream) && !had) return
  effects.push({ kind: 'reset', stream, reason: 'gone', position: undefined })
}
