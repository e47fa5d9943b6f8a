import { askAfresh, askPull, beginning, gapTimer, releaseHeld } from './advance.ts'
import type { HeadsAnswer, StreamHead } from './input.ts'
import { jump } from './jump.ts'
import { retryWait } from './options.ts'
import type { Mark, Position, SyncEvent } from './position.ts'
import { busyOf, nextRequest, type HeadsRequest, type Round, type Step } from './state.ts'

/** The timer of the regular full comparison. */
export const COMPARE = 'compare'

/** Begins a look at the heads, or notes that another one must follow the one under way. */
export function startRound<E extends SyncEvent>(
  step: Step<E>,
  scope: 'changed' | 'full',
  first = false,
): void {
  const { state } = step
  if (state.round !== undefined) {
    if (state.next !== 'full') state.next = scope
    return
  }
  const fresh = state.mark === undefined
  const full = fresh || scope === 'full' || state.next === 'full'
  state.next = 'none'
  state.round = {
    full,
    first,
    adopt: fresh && state.options.mode === 'from-head',
    watermark: undefined,
    listed: false,
    owed: 0,
    unseen: new Set(full ? state.positions.keys() : []),
  }
  askHeads(step, { kind: 'heads', after: undefined, attempt: 0 })
}

/** Asks for a page of heads. */
export function askHeads<E extends SyncEvent>(
  { state, effects }: Step<E>,
  page: HeadsRequest,
): void {
  const request = nextRequest(state)
  state.requests.set(request, page)
  effects.push({
    kind: 'requestHeads',
    request,
    changedSince: state.round?.full === true ? undefined : state.mark?.watermark,
    after: page.after,
    limit: state.options.headsLimit,
    waitMs: retryWait(page.attempt),
  })
}

/** A page of heads: pulls what moved, and asks for the next page. */
export function listHeads<E extends SyncEvent>(step: Step<E>, answer: HeadsAnswer): void {
  const { state } = step
  const { round } = state
  if (round === undefined) return
  if (answer.epoch !== state.epoch) {
    resubscribe(step)
    return
  }
  round.watermark ??= answer.watermark
  for (const head of answer.heads) compare(step, round, head)
  if (answer.next !== null) {
    askHeads(step, { kind: 'heads', after: answer.next, attempt: 0 })
    return
  }
  round.listed = true
  // Not in the list any more: the server says for each of them whether it is really gone.
  for (const stream of round.unseen) owe(step, round, stream)
  if (round.first) releasePushes(step)
}

/** Takes up what was pushed while the heads were being listed. */
function releasePushes<E extends SyncEvent>(step: Step<E>): void {
  const { state } = step
  for (const [stream, busy] of [...state.busy]) {
    if (busy.newest === undefined || busy.pull !== 'none') continue
    // Of an unknown stream: visible since its page was written, so not part of what a fresh client adopts.
    if (state.positions.has(stream)) releaseHeld(step, stream)
    else askPull(step, stream)
  }
}

function compare<E extends SyncEvent>(step: Step<E>, round: Round, head: StreamHead): void {
  const { state } = step
  const { stream, tag, floor } = head
  round.unseen.delete(stream)
  const position = state.positions.get(stream)
  if (position === undefined) {
    meet(step, round, head)
    return
  }
  const behind = head.head - Math.max(position.seq, floor)
  const atFloor = position.tag === 0 && position.seq === floor
  if (head.head === position.seq && (tag === position.tag || atFloor)) return
  if (state.options.mode === 'from-head' && behind > state.options.maxCatchUp) {
    jump(step, 'too_far', { stream, seq: head.head, tag })
    return
  }
  // A head before the position, or the same number on another event: either this list is older than what was pushed
  // meanwhile, or the database was put back. A pull from the position tells which.
  owe(step, round, stream)
  noteNewest(step, stream, { seq: head.head, tag })
}

/** A stream without a position. */
function meet<E extends SyncEvent>(step: Step<E>, round: Round, head: StreamHead): void {
  const { state, effects } = step
  const { stream, tag } = head
  if (round.adopt) {
    const reason = state.forgotten.has(stream) ? 'epoch' : 'new'
    jump(step, reason, { stream, seq: head.head, tag })
    return
  }
  if (state.forgotten.delete(stream)) {
    const position = beginning({ seq: head.head, tag }, head.floor)
    effects.push({ kind: 'reset', stream, reason: 'epoch', position })
    state.positions.set(stream, position)
  }
  if (head.head === 0) return
  owe(step, round, stream)
  noteNewest(step, stream, { seq: head.head, tag })
}

function noteNewest<E extends SyncEvent>(step: Step<E>, stream: string, newest: Position): void {
  const busy = busyOf(step.state, stream)
  if (busy.newest === undefined || busy.newest.seq < newest.seq) busy.newest = newest
}

/** Makes the round wait for a pull of this stream that is asked after the heads were written. */
function owe<E extends SyncEvent>(step: Step<E>, round: Round, stream: string): void {
  const busy = busyOf(step.state, stream)
  if (!busy.owed) round.owed += 1
  busy.owed = true
  askAfresh(step, stream)
}

/** Ends the round once every page has come and every pull that they called for is done; only then is there a mark. */
export function finishRound<E extends SyncEvent>(step: Step<E>): void {
  const { state, effects } = step
  const { round, epoch } = state
  if (round === undefined || !round.listed || round.owed > 0) return
  if (round.watermark === undefined || epoch === undefined) return
  state.round = undefined
  if (round.full) {
    for (const stream of state.forgotten) {
      effects.push({ kind: 'reset', stream, reason: 'gone', position: undefined })
    }
    state.forgotten.clear()
  }
  const comparedBefore = state.next === 'full' ? 0 : (state.mark?.comparedAt ?? 0)
  const mark: Mark = {
    epoch,
    watermark: round.watermark,
    comparedAt: round.full ? round.watermark : comparedBefore,
  }
  state.mark = mark
  effects.push({ kind: 'saveMark', mark })
  if (state.next !== 'none') {
    startRound(step, state.next)
    return
  }
  const afterMs = Math.max(0, mark.comparedAt + state.options.compareEveryMs - mark.watermark)
  effects.push({ kind: 'setTimer', timer: COMPARE, afterMs })
}

/** Drops what is under way; positions and the mark stay. A full comparison that was due stays due. */
export function abandon<E extends SyncEvent>({ state, effects }: Step<E>): void {
  for (const [stream, busy] of state.busy) {
    if (busy.waiting) effects.push({ kind: 'cancelTimer', timer: gapTimer(stream) })
  }
  if (state.live) effects.push({ kind: 'cancelTimer', timer: COMPARE })
  state.next = state.round?.full === true || state.next === 'full' ? 'full' : 'none'
  state.live = false
  state.round = undefined
  state.busy.clear()
  state.queue.clear()
  state.requests.clear()
  state.pulls = 0
  state.held = 0
}

/** An answer came from another epoch than the pushes: nothing pushed on this subscription can be trusted. */
export function resubscribe<E extends SyncEvent>(step: Step<E>): void {
  abandon(step)
  step.effects.push({ kind: 'resubscribe' })
}

/** A new history: no position means anything, and the app is owed a reset for each. */
export function changeEpoch<E extends SyncEvent>({ state }: Step<E>, epoch: number): void {
  for (const stream of state.positions.keys()) state.forgotten.add(stream)
  state.positions.clear()
  state.mark = undefined
  state.epoch = epoch
}
