import { advance, askAfresh, askPull, wait } from './advance.ts'
import { START, type SyncEvent } from './position.ts'
import { busyOf, type Busy, type Step } from './state.ts'

/**
 * Pushed events. A push is only a hint that happens to carry the event: it is applied when it follows the position,
 * dropped when it is old, and otherwise proof that something is missing.
 */
export function receive<E extends SyncEvent>(step: Step<E>, events: readonly E[]): void {
  // Without a subscription nothing says that the pushes are all of one epoch; the next round brings them anyway.
  if (!step.state.live) return
  let index = 0
  while (index < events.length) index = receiveRun(step, events, index)
}

/** Takes the events of one stream that follow one another, or else one event; answers the index of the next. */
function receiveRun<E extends SyncEvent>(
  step: Step<E>,
  events: readonly E[],
  from: number,
): number {
  const first = events[from]
  if (first === undefined) return events.length
  const { stream } = first
  const position = step.state.positions.get(stream)
  if (first.seq !== (position ?? START).seq + 1 || isUnproven(step, stream)) {
    receiveOther(step, first)
    return from + 1
  }
  const run = [first]
  let last = first
  let index = from + 1
  for (; index < events.length; index += 1) {
    const event = events[index]
    if (event === undefined || event.stream !== stream || event.seq !== last.seq + 1) break
    run.push(event)
    last = event
  }
  advance(step, run, { stream, seq: last.seq, tag: last.tag })
  return index
}

/**
 * `seq = position + 1` proves something only in the history in which the position was reached, and the database may have
 * been put back, even without a new epoch. So pushes wait for the first heads after `ready`, and while a pull of their
 * stream, which checks the tag, is under way. A fresh client also learns from the heads where a stream begins.
 */
function isUnproven<E extends SyncEvent>({ state }: Step<E>, stream: string): boolean {
  const listing = state.round?.first === true && !state.round.listed
  const busy = state.busy.get(stream)
  return listing || (busy !== undefined && busy.pull !== 'none')
}

function receiveOther<E extends SyncEvent>(step: Step<E>, event: E): void {
  const { state } = step
  const position = state.positions.get(event.stream)
  if (position !== undefined && event.seq <= position.seq) {
    // The same number on another event: two histories. The server decides which of them is the database's.
    const forked = event.seq === position.seq && event.tag !== position.tag && position.tag !== 0
    if (forked) askAfresh(step, event.stream)
    return
  }
  const kept = hold(step, busyOf(state, event.stream), event)
  if (isUnproven(step, event.stream)) return
  // Before the first position there is no order to wait for: the stream is new to us and begins somewhere.
  if (kept && position !== undefined && position.seq > 0) wait(step, event.stream)
  else askPull(step, event.stream)
}

/** Holds an event back until what is before it has come. Answers false when there is no room; a pull will bring it. */
function hold<E extends SyncEvent>({ state }: Step<E>, busy: Busy<E>, event: E): boolean {
  if (busy.newest === undefined || busy.newest.seq < event.seq) {
    busy.newest = { seq: event.seq, tag: event.tag }
  }
  let at = busy.held.length
  while (at > 0 && (busy.held[at - 1]?.seq ?? 0) > event.seq) at -= 1
  if (busy.held[at - 1]?.seq === event.seq) return true
  const { maxHeld, maxHeldPerStream } = state.options
  if (busy.held.length >= maxHeldPerStream || state.held >= maxHeld) return false
  busy.held.splice(at, 0, event)
  state.held += 1
  return true
}
