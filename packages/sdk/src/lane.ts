import {
  LIMITS,
  utf8Length,
  type SendInput,
  type Sent,
  type TidingsError,
} from '@tidings/protocol/wire'

/** A message on its way. */
export interface Entry {
  readonly resolve: (sent: Sent) => void
  readonly reject: (error: TidingsError) => void
  /** Missing while its body is being checked. */
  input: SendInput | undefined
  bytes: number
  /** It failed in company: its own fault or a neighbour's, a call of its own will tell. */
  alone: boolean
}

/** The messages of one conversation, first in, first out; at most one call of them is under way. */
export interface Lane {
  readonly entries: Entry[]
  busy: boolean
  failures: number
  /** Present while the lane waits before it tries again. */
  pause: { readonly cancel: () => void; readonly untilConnected: boolean } | undefined
}

/** An entry that is being sent, and its place. */
export interface Departure {
  readonly lane: Lane
  readonly entry: Entry
  readonly input: SendInput
}

export function createLane(): Lane {
  return { entries: [], busy: false, failures: 0, pause: undefined }
}

/** What it takes of a frame, in bytes. */
export function sizeOf(input: SendInput): number {
  return utf8Length(JSON.stringify(input)) + 1
}

/** A frame has room for other things too. */
const CALL_BYTES = LIMITS.bodyBytes - 4096

/**
 * What the next call carries: from each lane that is free as much as fits, in order. Never past an entry that is not
 * ready, and never an entry whose predecessor is still under way. Marks the lanes as busy.
 */
export function gather(lanes: Iterable<Lane>): readonly Departure[] {
  const departures: Departure[] = []
  let bytes = 0
  for (const lane of lanes) {
    if (lane.busy || lane.pause !== undefined) continue
    for (const entry of lane.entries) {
      const { input, alone } = entry
      const isFirst = departures.length === 0
      if (input === undefined || (alone && !isFirst)) break
      if (!isFirst && bytes + entry.bytes > CALL_BYTES) return departures
      departures.push({ lane, entry, input })
      lane.busy = true
      bytes += entry.bytes
      if (alone || departures.length === LIMITS.arrayItems) return departures
    }
  }
  return departures
}
