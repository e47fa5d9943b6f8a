import {
  TidingsError,
  type ErrorCode,
  type MessageBody,
  type SendInput,
  type Sent,
} from '@tidings/protocol/wire'
import { backoffMs } from './backoff.ts'
import type { Environment } from './environment.ts'
import { isSignedOut, toTidingsError } from './errors.ts'
import { createLane, gather, sizeOf, type Departure, type Entry, type Lane } from './lane.ts'

/** The outcome of each message of a call, in order. */
export type SendOutcomes = readonly (Sent | TidingsError)[]

export interface OutboxOptions {
  /** One call. Throws a TidingsError when the call as a whole failed. */
  readonly send: (inputs: readonly SendInput[]) => Promise<SendOutcomes>
  readonly environment: Environment
  /** Told of each acknowledgement before its promise resolves. */
  readonly onSent: (sent: Sent, body: MessageBody) => void
}

/** A message to send. Its body may still be under check; the place in line is taken at once. */
export interface Outgoing {
  readonly conversationId: string
  readonly clientMessageId: string
  readonly body: MessageBody | Promise<MessageBody>
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
 * Messages that are not acknowledged yet, in memory. Each is sent under the same `clientMessageId` until there is a
 * definite answer, so that it is stored once whatever is lost on the way; those of one conversation leave in the order
 * in which they came, and none before the ones ahead of it are settled.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #lanes = new Map<string, Lane>()
  #calls = 0
  #scheduled = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  add({ conversationId, clientMessageId, body }: Outgoing): Promise<Sent> {
    return new Promise((resolve, reject) => {
      const entry: Entry = { resolve, reject, input: undefined, bytes: 0, alone: false }
      const lane = this.#lanes.get(conversationId) ?? createLane()
      this.#lanes.set(conversationId, lane)
      lane.entries.push(entry)
      const ready = (checked: MessageBody): void => {
        entry.input = { conversationId, clientMessageId, body: checked }
        entry.bytes = sizeOf(entry.input)
        this.#schedule()
      }
      if (!(body instanceof Promise)) ready(body)
      else body.then(ready, (thrown: unknown) => this.#settle(lane, entry, toTidingsError(thrown)))
    })
  }

  /** There is a connection again: what waited for that waits no longer. */
  wake(): void {
    for (const lane of this.#lanes.values())
      if (lane.pause?.untilConnected === true) this.#resume(lane)
    this.#schedule()
  }

  /** Rejects everything that is not acknowledged. What is under way may still be stored. */
  fail(error: TidingsError): void {
    const lanes = this.#lanes
    this.#lanes = new Map()
    for (const { entries, pause } of lanes.values()) {
      pause?.cancel()
      for (const { reject } of entries.splice(0)) reject(error)
    }
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
    this.#calls += 1
    try {
      const outcomes = await this.#options.send(departures.map(({ input }) => input))
      for (const [index, departure] of departures.entries()) {
        this.#arrive(departure, outcomes[index] ?? new TidingsError('INTERNAL'))
      }
    } catch (thrown) {
      this.#callFailed(departures, toTidingsError(thrown))
    }
    this.#calls -= 1
    for (const { lane } of departures) lane.busy = false
    this.#forgetEmpty(departures)
    this.#schedule()
  }

  #arrive({ lane, entry, input }: Departure, outcome: Sent | TidingsError): void {
    if (!lane.entries.includes(entry)) return
    if (!(outcome instanceof TidingsError)) {
      lane.failures = 0
      this.#options.onSent(outcome, input.body)
      this.#settle(lane, entry, outcome)
    } else if (outcome.retryable) this.#pause(lane, outcome)
    else this.#settle(lane, entry, outcome)
  }

  #callFailed(departures: readonly Departure[], error: TidingsError): void {
    const mayBeOnes = !NOBODYS_FAULT.has(error.code) && !isSignedOut(error)
    if (mayBeOnes && departures.length > 1) {
      for (const { entry } of departures) entry.alone = true
      return
    }
    for (const { lane, entry } of departures) {
      if (error.retryable) this.#pause(lane, error)
      else this.#settle(lane, entry, error)
    }
  }

  #settle(lane: Lane, entry: Entry, outcome: Sent | TidingsError): void {
    const place = lane.entries.indexOf(entry)
    if (place === -1) return
    lane.entries.splice(place, 1)
    if (outcome instanceof TidingsError) entry.reject(outcome)
    else entry.resolve(outcome)
    this.#schedule()
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

  #forgetEmpty(departures: readonly Departure[]): void {
    for (const { lane, input } of departures) {
      if (lane.entries.length > 0 || this.#lanes.get(input.conversationId) !== lane) continue
      this.#lanes.delete(input.conversationId)
    }
  }
}
