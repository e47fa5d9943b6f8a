import { CLIENT_LIMITS, utf8Length, type SendInput } from '@tidings/protocol/wire'
import { createDeferred, type Deferred } from './deferred.ts'
import type { OutboxRow } from './store/rows.ts'

/** Something that was said and is on its way: a message, an edit, or a deletion. */
export interface Entry {
  readonly order: number
  /** What it says, once that has been checked. */
  said: OutboxRow | undefined
  /** The same once it is kept: then it may leave. */
  row: OutboxRow | undefined
  /** It failed in company: its own fault or a neighbour's, a call of its own will tell. */
  alone: boolean
  /** It may have reached the server. */
  attempted: boolean
  /** Who waits for the outcome; nobody, when it was said in an earlier run of the program. */
  readonly outcome: Deferred<unknown>
}

/** What was said in one conversation, first in, first out; at most one call of it is under way. */
export interface Lane {
  readonly entries: Entry[]
  busy: boolean
  failures: number
  /** Present while the lane waits before it tries again. */
  pause: { readonly cancel: () => void; readonly untilConnected: boolean } | undefined
}

/** An entry that is in a call, and its place. */
export interface Departure {
  readonly lane: Lane
  readonly entry: Entry
  readonly row: OutboxRow
}

export function createEntry(order: number): Entry {
  const outcome = createDeferred<unknown>()
  // Nobody need wait for it: what is refused is shown, and told.
  outcome.promise.catch(() => undefined)
  return {
    order,
    said: undefined,
    row: undefined,
    alone: false,
    attempted: false,
    outcome,
  }
}

export function createLane(): Lane {
  return { entries: [], busy: false, failures: 0, pause: undefined }
}

/** The message of a row. */
export function toSendInput(row: OutboxRow): SendInput {
  const { conversationId, clientMessageId, body, beside } = row
  if (body === undefined) throw new TypeError('a message without a body')
  return beside === undefined
    ? { conversationId, clientMessageId, body }
    : { conversationId, clientMessageId, body, ...toWire(beside) }
}

/** What stands beside a body, as it travels. */
export function toWire<ReplyTo>({
  replyTo,
  mentions,
}: {
  readonly replyTo?: ReplyTo | undefined
  readonly mentions?: readonly string[] | undefined
}): { replyTo?: ReplyTo; mentions?: string[] } {
  return {
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(mentions === undefined ? {} : { mentions: [...mentions] }),
  }
}

/** A frame has room for other things too. */
const CALL_BYTES = CLIENT_LIMITS.bodyBytes - 4096

/** As many messages of so many bytes as a call may carry fit into it: what a shorter one takes need not be known. */
const SHORT_BYTES = Math.floor(CALL_BYTES / CLIENT_LIMITS.arrayItems)

/** What JSON adds to the texts of a message. */
const FRAME_BYTES = 100

/** What a message takes of a frame, in bytes; of a short one, what it takes at most. */
function sizeOf(row: OutboxRow): number {
  if (row.op !== 'send') return 0
  const { conversationId, clientMessageId = '', body, beside } = row
  if (body?.kind === 'text' && 'text' in body && beside === undefined) {
    const { length } = conversationId + clientMessageId + body.text
    // A control character takes six.
    const most = 6 * length + FRAME_BYTES
    if (most <= SHORT_BYTES) return most
  }
  return utf8Length(JSON.stringify(toSendInput(row))) + 1
}

/**
 * What the next call carries: from each lane that is free as much as fits, in order. Never past an entry that is not
 * ready, and never an entry whose predecessor is still under way; an edit or a deletion goes alone. Marks the lanes as
 * busy.
 */
export function gather(lanes: Iterable<Lane>): readonly Departure[] {
  const departures: Departure[] = []
  let bytes: number | undefined
  for (const lane of lanes) {
    if (lane.busy || lane.pause !== undefined) continue
    for (const entry of lane.entries) {
      const { row } = entry
      const [first] = departures
      const alone = entry.alone || (row !== undefined && row.op !== 'send')
      if (row === undefined || (alone && first !== undefined)) break
      if (first !== undefined) {
        // What the first takes matters to a second alone.
        bytes = (bytes ?? sizeOf(first.row)) + sizeOf(row)
        if (bytes > CALL_BYTES) return departures
      }
      departures.push({ lane, entry, row })
      lane.busy = true
      if (alone || departures.length === CLIENT_LIMITS.arrayItems) return departures
    }
  }
  return departures
}
