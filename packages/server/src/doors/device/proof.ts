import type { Position } from '@tidings/protocol/sync'
import type { DeviceProgress } from '../../services/device-cursor.ts'

/** How many of the last messages are remembered, so that a receipt that names one alone costs no look-up. */
const REMEMBERED_MESSAGES = 500

/**
 * What a dumb client has proven to have got. Writing to a socket proves nothing. What proves is the answer to a ping that
 * was sent after a batch: the bytes of a connection arrive in order, so whoever answers has everything before. A receipt
 * does not: its message may have been met somewhere else, on an earlier connection that went live from the heads.
 * What is empty is not there: most connections prove nothing.
 */
export class ProofLedger {
  /** Sent since the last ping. */
  #sent: Map<string, Position> | undefined
  /** Sent before the ping that is under way. */
  #pinged: Map<string, Position> | undefined
  #ping = 0
  #proven: Map<string, Position> | undefined
  #refused: Set<string> | undefined
  #messages: Map<string, { readonly stream: string; readonly position: Position }> | undefined

  /** Everything of the stream up to `position` has been written to the socket. */
  sent(stream: string, position: Position): void {
    this.#sent ??= new Map()
    this.#sent.set(stream, position)
  }

  /** A message has been written to the socket. */
  sentMessage(messageId: string, stream: string, position: Position): void {
    const messages = (this.#messages ??= new Map())
    messages.set(messageId, { stream, position })
    if (messages.size <= REMEMBERED_MESSAGES) return
    const [oldest] = messages.keys()
    if (oldest !== undefined) messages.delete(oldest)
  }

  /** Where a message stands that was written to the socket; undefined when it is not remembered. */
  placeOf(
    messageId: string,
  ): { readonly conversationId: string; readonly seq: number } | undefined {
    const place = this.#messages?.get(messageId)
    return place && { conversationId: place.stream.slice(2), seq: place.position.seq }
  }

  /** The server has refused the stream's cursor: what was known of it belongs to another history. */
  refuse(stream: string): void {
    this.#sent?.delete(stream)
    this.#pinged?.delete(stream)
    this.#proven?.delete(stream)
    this.#refused ??= new Set()
    this.#refused.add(stream)
  }

  /** The payload of a ping to send now; undefined while one is under way or there is nothing to prove. */
  startPing(): string | undefined {
    if (this.#pinged !== undefined || (this.#sent?.size ?? 0) === 0) return undefined
    this.#pinged = this.#sent
    this.#sent = undefined
    this.#ping += 1
    return String(this.#ping)
  }

  /** A ping has been answered. */
  pong(payload: string): void {
    if (this.#pinged === undefined || payload !== String(this.#ping)) return
    for (const [stream, position] of this.#pinged) this.#prove(stream, position)
    this.#pinged = undefined
  }

  /** Something was sent and is not proven. */
  get open(): boolean {
    return (this.#sent?.size ?? 0) > 0 || this.#pinged !== undefined
  }

  /** Something is proven and not taken. */
  get dirty(): boolean {
    return (this.#proven?.size ?? 0) > 0 || (this.#refused?.size ?? 0) > 0
  }

  /** What is to be saved; it counts as saved from now on. */
  take(): DeviceProgress {
    const progress = {
      proven: this.#proven ?? new Map<string, Position>(),
      refused: this.#refused ?? new Set<string>(),
    }
    this.#proven = undefined
    this.#refused = undefined
    return progress
  }

  /** Saving has failed: once more with the next. */
  giveBack({ proven, refused }: DeviceProgress): void {
    const refusedNow = (this.#refused ??= new Set())
    for (const stream of refused) refusedNow.add(stream)
    for (const [stream, position] of proven) {
      if (!refusedNow.has(stream) || refused.has(stream)) this.#prove(stream, position)
    }
  }

  /** A new method 20 begins from older positions: what was sent before says nothing about what is sent from now on. */
  restart(): void {
    this.#sent = undefined
    this.#pinged = undefined
    this.#messages = undefined
  }

  #prove(stream: string, position: Position): void {
    const proven = (this.#proven ??= new Map<string, Position>())
    const known = proven.get(stream)
    if (known === undefined || known.seq < position.seq) proven.set(stream, position)
  }
}
