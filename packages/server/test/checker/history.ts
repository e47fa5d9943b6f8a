/**
 * What a run leaves behind for the checker: a list of records and a ledger, both plain JSON. The simulation writes it, and
 * so can a run of real processes: every participant appends what it saw, with the runner's clock, and the runner reads
 * the ledger from the database at the end.
 *
 * - `t` is milliseconds of one clock, the runner's; records are in the order of `t`.
 * - `device` is one client with one store; `user` is whose it is. A device that is wiped is another device.
 * - Outcomes follow Jepsen: `ok` happened, `fail` did not, `unknown` (or nothing at all) may or may not have.
 */
export interface History {
  readonly records: readonly HistoryRecord[]
  readonly ledger: Ledger
}

export type HistoryRecord =
  /** A device comes into being. `proof: 'position'`: it keeps its own positions. `'server'`: a numbered device. */
  | {
      readonly kind: 'device'
      readonly t: number
      readonly device: string
      readonly user: string
      readonly proof: 'position' | 'server'
    }
  /** A message is in the outbox (position devices) or on its way (server devices). `key` is the clientMessageId. */
  | {
      readonly kind: 'invoke'
      readonly t: number
      readonly device: string
      readonly stream: string
      readonly key: string
    }
  | {
      readonly kind: 'ok' | 'fail' | 'unknown'
      readonly t: number
      readonly device: string
      readonly stream: string
      readonly key: string
    }
  /** A position device has made these events durable, and with them that it stands at `to`. */
  | {
      readonly kind: 'apply'
      readonly t: number
      readonly device: string
      readonly stream: string
      readonly events: readonly SeenEvent[]
      readonly to: number
    }
  /** It has dropped the stream and starts at `to` with a snapshot; null: the stream is not the user's any more. */
  | {
      readonly kind: 'reset'
      readonly t: number
      readonly device: string
      readonly stream: string
      readonly to: number | null
    }
  /** A server device has received these on one connection. */
  | {
      readonly kind: 'deliver'
      readonly t: number
      readonly device: string
      readonly connection: string
      readonly stream: string
      readonly events: readonly SeenEvent[]
    }
  /** A node has written to this device's connection that its stream has come as far as `seq`. */
  | {
      readonly kind: 'push'
      readonly t: number
      readonly device: string
      readonly stream: string
      readonly seq: number
    }
  /** The device's live connection is open and read (`live`), or is broken, stalled or closed (`down`). */
  | { readonly kind: 'live' | 'down'; readonly t: number; readonly device: string }
  /** From here until 5 s later the session's connections may still get something; afterwards nothing. */
  | { readonly kind: 'revoke'; readonly t: number; readonly device: string }
  /** A fault that delays delivery by itself (a database that stands still): no staleness is judged around it. */
  | { readonly kind: 'excuse'; readonly t: number; readonly untilT: number }
  /** The database was put back to an older copy. */
  | { readonly kind: 'restore'; readonly t: number }
  /** Something that must not happen at all: an unhandled rejection, a leak, a health check that lies. */
  | { readonly kind: 'broken'; readonly t: number; readonly what: string }
  /** Every fault is over. Whoever is named by an `end` record has had 10 s since then. */
  | { readonly kind: 'healed'; readonly t: number }
  | { readonly kind: 'end'; readonly t: number; readonly device: string }

/** What stands in the place of a deleted message's versions, and of those that somebody may not see. */
export const DELETED = -1

/** What an event shows of a message: its seq, and which of its versions; 0 as it was sent. */
export interface Says {
  readonly of: number
  readonly version: number
}

export interface SeenEvent {
  readonly seq: number
  readonly tag: number
  /** Of a message, an edit or a deletion. */
  readonly says?: Says | undefined
}

/** The database's truth. */
export interface Ledger {
  readonly streams: readonly LedgerStream[]
}

export interface LedgerStream {
  readonly name: string
  /** Ascending by seq, those that retention has deleted included, as far as they are known. */
  readonly events: readonly LedgerEvent[]
  /** Events that a restored copy does not have. */
  readonly lost: readonly LedgerEvent[]
  readonly spans: readonly LedgerSpan[]
  /** Spans that a restored copy does not have: what was seen under them was rightly seen. */
  readonly lostSpans: readonly LedgerSpan[]
  /** Highest seq that retention has deleted. */
  readonly floor: number
  /** The highest that the floor has ever been; a restored copy may bring deleted events back. */
  readonly highestFloor: number
}

export interface LedgerEvent {
  readonly seq: number
  readonly tag: number
  /** When it was committed, on the runner's clock; the earliest time that is certain. */
  readonly t: number
  /** Of a message: who sent it, with which clientMessageId, and the device when it is known. */
  readonly sent?: { readonly user: string; readonly key: string } | undefined
  /** Of a message, and of its edits and deletion, as they were committed. */
  readonly says?: Says | undefined
  /** Of a receipt: marks of one member, and how far the messages had come. */
  readonly receipt?:
    | {
        readonly user: string
        readonly delivered: number
        readonly read: number
        readonly head: number
      }
    | undefined
}

export interface LedgerSpan {
  readonly user: string
  readonly from: number
  /** The last seq that the user sees; null while the span is open. */
  readonly to: number | null
  /** When it was opened, when that is known: earlier events were not owed then. */
  readonly since?: number | undefined
}

/** What was found, and where. */
export interface Violation {
  readonly invariant: Invariant
  readonly detail: string
}

export type Invariant =
  'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11' | 'I12' | 'I13'

/** What each invariant says, in a line. */
export const INVARIANTS: Readonly<Record<Invariant, string>> = {
  I1: 'an acknowledged message is in the database, once',
  I2: 'one event per message, and no client applies an event twice',
  I3: 'the seqs of a stream have no hole, nor have those that a client applies, but for what it may not see',
  I4: 'everybody agrees which event has which seq',
  I5: 'nothing was delivered that the database does not have',
  I6: 'nothing was delivered to, or taken from, somebody who was not in at that seq',
  I7: "a device's messages are in the order in which it sent them",
  I8: 'receipts only grow, and read <= delivered <= head',
  I9: 'ten seconds after the last fault every client has everything',
  I10: 'nothing broke on the way',
  I11: 'whatever was put in an outbox was acknowledged or refused in the end',
  I12: 'a live connection hears of a commit within three seconds',
  I13: 'a message that was changed is shown as it was before for a moment at most, and kept so by nobody',
}
