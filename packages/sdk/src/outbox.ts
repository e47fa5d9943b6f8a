import { TidingsError, type ErrorCode, type SendInput, type Sent } from '@tidings/protocol/wire'
import { backoffMs } from './backoff.ts'
import type { Environment } from './environment.ts'
import { isSignedOut, toTidingsError } from './errors.ts'
import {
  createEntry,
  createLane,
  gather,
  toSendInput,
  type Departure,
  type Entry,
  type Lane,
} from './lane.ts'
import { SmallMap } from './small-map.ts'
import type { OutboxRow } from './store/rows.ts'

/** The outcome of each message of a call, in order. */
export type SendOutcomes = readonly (Sent | TidingsError)[]

/** Where what was said is kept until the server has answered. */
export interface OutboxRows {
  /** Keeps a row, or forgets it. Called back when that is durable; see `Writer`. */
  put(order: number, row: OutboxRow | undefined, settled?: () => void): void
  setSending(orders: readonly number[], isSending: boolean): void
}

/** A message that the server has stored, and where. */
export interface Acknowledged {
  readonly row: OutboxRow
  readonly sent: Sent
}

export interface OutboxOptions {
  /** One call. Throws a TidingsError when the call as a whole failed. */
  readonly send: (inputs: readonly SendInput[]) => Promise<SendOutcomes>
  /** The call of an edit or a deletion. */
  readonly change: (row: OutboxRow) => Promise<unknown>
  readonly rows: OutboxRows
  readonly environment: Environment
  /** Told of the acknowledgements of a call before their promises resolve. */
  readonly onSent: (acknowledged: readonly Acknowledged[]) => void
  /** Told of what was refused for good. */
  readonly onRefused: (row: OutboxRow, error: TidingsError) => void
  /** Told of an edit or a deletion of an earlier run of the program that was refused: nobody waits for it. */
  readonly onLost: (error: unknown) => void
}

/** What is to be sent. Its body may still be under check; the place in line is taken at once. */
export interface Outgoing {
  readonly order: number
  readonly row: OutboxRow | Promise<OutboxRow>
}

/** Calls under way at once; one conversation is never in two of them. */
const MAX_CALLS = 8

/** Failures of the call, whoever is in it. Others may be one message's fault. */
const NOBODYS_FAULT: ReadonlySet<ErrorCode> = new Set([
  'NETWORK',
  'CLOSED',
  'UNAVAILABLE',
  'UNKNOWN_RETRY',
  'STORAGE_FULL',
  'RATE_LIMITED',
])

/**
 * What was said and is not acknowledged yet. It is kept before the first byte of it leaves, and goes under the same
 * `clientMessageId` until there is a definite answer, so that it is stored once whatever is lost on the way, and whenever
 * the program ends. What was said in one conversation leaves in the order in which it was said, and nothing before what
 * is ahead of it is settled.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #lanes = new SmallMap<string, Lane>()
  #calls = 0
  #scheduled = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Resolves with the acknowledgement. */
  add(conversationId: string, { order, row }: Outgoing): Promise<unknown> {
    const entry = createEntry(order)
    this.#laneOf(conversationId).entries.push(entry)
    if (!(row instanceof Promise)) this.#keep(entry, row)
    else {
      row.then(
        (checked) => this.#keep(entry, checked),
        (thrown: unknown) => this.#drop(conversationId, entry, toTidingsError(thrown)),
      )
    }
    return entry.outcome.promise
  }

  /** Takes up what an earlier run of the program has left, ahead of what was said in this one. */
  restore(rows: readonly OutboxRow[]): void {
    for (const row of [...rows].reverse()) {
      const entry = createEntry(row.order)
      entry.attempted = true
      entry.said = row
      if (row.op !== 'send') entry.outcome.promise.catch(this.#options.onLost)
      this.#laneOf(row.conversationId).entries.unshift(entry)
      entry.row = row
    }
    this.#schedule()
  }

  /** Has a message that has not left yet say something else; undefined when it may have. */
  revise(row: OutboxRow): Promise<unknown> | undefined {
    const entry = this.#entryOf(row)
    if (entry === undefined || entry.attempted) return undefined
    entry.row = undefined
    this.#keep(entry, row)
    return entry.outcome.promise
  }

  /** Forgets what has not left yet; false when it may have. */
  discard(row: OutboxRow): boolean {
    const entry = this.#entryOf(row)
    if (entry?.attempted === true) return false
    this.#options.rows.put(row.order, undefined)
    if (entry !== undefined) this.#drop(row.conversationId, entry, new TidingsError('DISCARDED'))
    return true
  }

  /** There is a connection again: what waited for that waits no longer. */
  wake(): void {
    for (const lane of this.#lanes.values())
      if (lane.pause?.untilConnected === true) this.#resume(lane)
    this.#schedule()
  }

  /** Rejects everything that is not acknowledged. What is under way may still be stored, and what is kept stays. */
  fail(error: TidingsError): void {
    const lanes = this.#lanes
    this.#lanes = new SmallMap()
    for (const { entries, pause } of lanes.values()) {
      pause?.cancel()
      for (const { outcome } of entries.splice(0)) outcome.reject(error)
    }
  }

  /** Resolves with the acknowledgement of what waits already. */
  outcomeOf(row: OutboxRow): Promise<unknown> | undefined {
    return this.#entryOf(row)?.outcome.promise
  }

  #laneOf(conversationId: string): Lane {
    const lane = this.#lanes.get(conversationId) ?? createLane()
    this.#lanes.set(conversationId, lane)
    return lane
  }

  #entryOf({ conversationId, order }: OutboxRow): Entry | undefined {
    return this.#lanes.get(conversationId)?.entries.find((entry) => entry.order === order)
  }

  #keep(entry: Entry, row: OutboxRow): void {
    // Discarded while its body was being checked.
    if (this.#lanes.get(row.conversationId)?.entries.includes(entry) !== true) return
    entry.said = row
    this.#options.rows.put(entry.order, row, () => {
      // It may say something else by now.
      if (entry.said !== row) return
      entry.row = row
      this.#schedule()
    })
  }

  /** All that is said in one turn goes together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      while (this.#calls < MAX_CALLS) {
        const departures = gather(this.#lanes.values())
        if (departures.length === 0) return
        void this.#depart(departures)
      }
    })
  }

  async #depart(departures: readonly Departure[]): Promise<void> {
    const { rows } = this.#options
    const orders = departures.map(({ row }) => row.order)
    for (const { entry } of departures) entry.attempted = true
    this.#calls += 1
    rows.setSending(orders, true)
    try {
      const outcomes = await this.#call(departures.map(({ row }) => row))
      this.#tellSent(departures, outcomes)
      for (const [index, departure] of departures.entries())
        this.#arrive(departure, outcomes[index] ?? new TidingsError('INTERNAL'))
    } catch (thrown) {
      this.#callFailed(departures, toTidingsError(thrown))
    }
    this.#calls -= 1
    rows.setSending(orders, false)
    this.#free(departures)
    if (this.#lanes.size > 0) this.#schedule()
  }

  #call(rows: readonly OutboxRow[]): Promise<readonly unknown[]> {
    const { send, change } = this.#options
    const [first] = rows
    if (first !== undefined && first.op !== 'send') return change(first).then((done) => [done])
    return send(rows.map(toSendInput))
  }

  #tellSent(departures: readonly Departure[], outcomes: readonly unknown[]): void {
    const acknowledged = departures.flatMap(({ lane, entry, row }, index): Acknowledged[] => {
      const sent = outcomes[index]
      const isWanted = row.op === 'send' && lane.entries.includes(entry)
      return isWanted && isSent(sent) ? [{ row, sent }] : []
    })
    this.#options.onSent(acknowledged)
  }

  #arrive({ lane, entry, row }: Departure, outcome: unknown): void {
    if (!lane.entries.includes(entry)) return
    if (outcome instanceof TidingsError) {
      if (outcome.retryable) this.#pause(lane, outcome)
      else this.#refuse(lane, entry, outcome)
      return
    }
    lane.failures = 0
    if (row.op !== 'send') this.#options.rows.put(row.order, undefined)
    this.#settle(lane, entry)
    entry.outcome.resolve(outcome)
  }

  #callFailed(departures: readonly Departure[], error: TidingsError): void {
    const mayBeOnes = !NOBODYS_FAULT.has(error.code) && !isSignedOut(error)
    if (mayBeOnes && departures.length > 1) {
      for (const { entry } of departures) entry.alone = true
      return
    }
    for (const { lane, entry } of departures) {
      if (error.retryable) this.#pause(lane, error)
      else this.#refuse(lane, entry, error)
    }
  }

  #refuse(lane: Lane, entry: Entry, error: TidingsError): void {
    if (!lane.entries.includes(entry)) return
    if (entry.row !== undefined) this.#options.onRefused(entry.row, error)
    this.#settle(lane, entry)
    entry.outcome.reject(error)
  }

  #drop(conversationId: string, entry: Entry, error: TidingsError): void {
    const lane = this.#lanes.get(conversationId)
    if (lane === undefined) return
    this.#settle(lane, entry)
    entry.outcome.reject(error)
    if (lane.entries.length === 0 && !lane.busy) this.#lanes.delete(conversationId)
  }

  #settle(lane: Lane, entry: Entry): void {
    const place = lane.entries.indexOf(entry)
    if (place !== -1) lane.entries.splice(place, 1)
    if (lane.entries.length > 0) this.#schedule()
  }

  #pause(lane: Lane, error: TidingsError): void {
    if (lane.pause !== undefined || lane.entries.length === 0) return
    const { environment } = this.#options
    const wait = backoffMs(lane.failures, 'soon', () => environment.random())
    lane.failures += 1
    const ms = wait + (error.details.retryAfterMs ?? 0)
    const cancel = environment.after(ms, () => this.#resume(lane))
    lane.pause = { cancel, untilConnected: error.code !== 'RATE_LIMITED' }
  }

  #resume(lane: Lane): void {
    lane.pause?.cancel()
    lane.pause = undefined
    this.#schedule()
  }

  #free(departures: readonly Departure[]): void {
    for (const { lane, row } of departures) {
      lane.busy = false
      const isOver = lane.entries.length === 0 && this.#lanes.get(row.conversationId) === lane
      if (isOver) this.#lanes.delete(row.conversationId)
    }
  }
}

/** What `message.send` answers; see `rpc.ts`. */
function isSent(outcome: unknown): outcome is Sent {
  return outcome !== undefined && !(outcome instanceof TidingsError)
}
