import { ERRORS, isErrorCode, type ErrorCode, type ResetReason } from '@tidings/protocol/wire'

/** Values in buckets. Adding one touches two numbers and makes nothing. */
export class Distribution {
  readonly bounds: readonly number[]
  /** How many fell into each bucket; the last one is for what lies beyond all bounds. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  add(value: number): void {
    const { bounds, counts } = this
    let at = 0
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1
    counts[at] = (counts[at] ?? 0) + 1
    this.sum += value
  }
}

/** What a pool of connections has been asked for. */
export interface PoolFigures {
  /** Connections in use now. */
  lent: number
  /** Callers who had to wait for one, and what that took, seconds. */
  readonly waits: Distribution
  /** Callers who waited in vain. */
  timeouts: number
}

/** What a broker has done. Another node is out of reach while `connected` is false. */
export interface BrokerFigures {
  connected: boolean
  published: number
  received: number
  /** Messages that could not be sent, or did not fit. */
  dropped: number
  /** How often messages of others may have been missed. */
  missed: number
}

/**
 * What a node has counted since it started. Plain numbers that their owners add to where it happens: whoever reads them
 * turns them into words. Nothing in here may grow with users, conversations or messages.
 */
export interface Figures {
  readonly sends: { stored: number; repeated: number; refused: number }
  readonly receipts: { delivered: number; read: number }
  /** Events born here, by type. */
  readonly events: Map<string, number>
  /** Calls by procedure. */
  readonly calls: Map<string, number>
  readonly refusals: Record<ErrorCode, number>
  readonly resets: Record<ResetReason, number>
  /** Messages of one transaction, and how long it took, seconds. */
  readonly batchMessages: Distribution
  readonly batchSeconds: Distribution
  /** From an event's birth until it was handed to the connections of this node, seconds. */
  readonly pushSeconds: Distribution
  /** When the database was last asked which streams have moved, on the machine's own clock, ms. */
  headsCheckedAt: number | undefined
  failedChecks: number
  readonly slowReaders: { now: number; paused: number; closed: number }
  /** Live subscriptions that were told that they have missed something, and what was not kept for them. */
  readonly behind: { told: number; events: number }
  readonly writers: PoolFigures
  readonly readers: PoolFigures
  /** Transactions that were tried again after a lock was not to be had. */
  retries: number
  /** On SQLite: transactions that shared a commit, and what the commit took, seconds. */
  readonly commitTransactions: Distribution
  readonly commitSeconds: Distribution
  /** A write has failed for want of space, and none has succeeded since that somebody tried for it. */
  storageFull: boolean
  /** Whether the server should be sent requests, as it was when the figures were last read. */
  ready: boolean
  /** Left out on a node that is alone. */
  broker: BrokerFigures | undefined
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const COUNTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

/** Nothing has happened yet. */
export function createFigures(): Figures {
  return {
    sends: { stored: 0, repeated: 0, refused: 0 },
    receipts: { delivered: 0, read: 0 },
    events: new Map(),
    calls: new Map(),
    refusals: noRefusals(),
    resets: { epoch: 0, floor: 0, future: 0, tag: 0, gone: 0 },
    batchMessages: new Distribution(COUNTS),
    batchSeconds: new Distribution(SECONDS),
    pushSeconds: new Distribution(SECONDS),
    headsCheckedAt: undefined,
    failedChecks: 0,
    slowReaders: { now: 0, paused: 0, closed: 0 },
    behind: { told: 0, events: 0 },
    writers: createPoolFigures(),
    readers: createPoolFigures(),
    retries: 0,
    commitTransactions: new Distribution(COUNTS),
    commitSeconds: new Distribution(SECONDS),
    storageFull: false,
    ready: false,
    broker: undefined,
  }
}

/** Of a broker that has no link yet. */
export function createBrokerFigures(): BrokerFigures {
  return { connected: false, published: 0, received: 0, dropped: 0, missed: 0 }
}

/** Of a pool that nobody has asked for anything. */
function createPoolFigures(): PoolFigures {
  return { lent: 0, waits: new Distribution(SECONDS), timeouts: 0 }
}

/** Every code, so that one which has not happened yet is seen as 0. */
function noRefusals(): Record<ErrorCode, number> {
  const codes = Object.keys(ERRORS).filter(isErrorCode)
  // oxlint-disable-next-line typescript/consistent-type-assertions -- fromEntries forgets its keys
  return Object.fromEntries(codes.map((code) => [code, 0])) as Record<ErrorCode, number>
}

/** Adds one under a name of which there are few. */
export function addOne(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
