import type { Position } from '@tidings/protocol/sync'
import type { DeviceProgress } from '../../services/device-cursor.ts'

/** How many of the last messages are remembered, so that a receipt for one proves that it has arrived. */
const REMEMBERED_MESSAGES = 500

/**
 * What a dumb client has proven to have got. Writing to a socket proves nothing. What proves is a receipt for a message
 * that was sent on this connection, or the answer to a ping that was sent after a batch: the bytes of a connection arrive
 * in order, so whoever answers has everything before.
 */
export class ProofLedger {
  /** Sent since the last ping. */
  #sent = new Map<string, Position>()
  /** Sent before the ping that is under way. */
  #pinged: Map<string, Position> | undefined
  #ping = 0
  #proven = new Map<string, Position>()
  #refused = new Set<string>()
  readonly #messages = new Map<string, { readonly stream: string; readonly position: Position }>()

  /** Everything of the stream up to `position` has been written to the socket. */
  sent(stream: string, position: Position): void {
    this.#sent.set(stream, position)
  }

  /** A message has been written to the socket. */
  sentMessage(messageId: string, stream: string, position: Position): void {
    this.#messages.set(messageId, { stream, position })
    if (this.#messages.size <= REMEMBERED_MESSAGES) return
    const [oldest] = this.#messages.keys()
    if (oldest !== undefined) this.#messages.delete(oldest)
  }

  /** Where a message stands that was written to the socket; undefined when it is not remembered. */
  placeOf(
    messageId: string,
  ): { readonly conversationId: string; readonly seq: number } | undefined {
    const place = this.#messages.get(messageId)
    return place && { conversationId: place.stream.slice(2), seq: place.position.seq }
  }

  /** The server has refused the stream's cursor: what was known of it belongs to another history. */
  refuse(stream: string): void {
    this.#sent.delete(stream)
    this.#pinged?.delete(stream)
    this.#proven.delete(stream)
    this.#refused.add(stream)
  }

  /** The payload of a ping to send now; undefined while one is under way or there is nothing to prove. */
  startPing(): string | undefined {
    if (this.#pinged !== undefined || this.#sent.size === 0) return undefined
    this.#pinged = this.#sent
    this.#sent = new Map()
    this.#ping += 1
    return String(this.#ping)
  }

  /** A ping has been answered. */
  pong(payload: string): void {
    if (this.#pinged === undefined || payload !== String(this.#ping)) return
    for (const [stream, position] of this.#pinged) this.#prove(stream, position)
    this.#pinged = undefined
  }

  /** The client has sent a receipt for the message. */
  receipt(messageId: string): void {
    const place = this.#messages.get(messageId)
    if (place !== undefined) this.#prove(place.stream, place.position)
  }

  /** Something was sent and is not proven. */
  get open(): boolean {
    return this.#sent.size > 0 || this.#pinged !== undefined
  }

  /** Something is proven and not taken. */
  get dirty(): boolean {
    return this.#proven.size > 0 || this.#refused.size > 0
  }

  /** What is to be saved; it counts as saved from now on. */
  take(): DeviceProgress {
    const progress = { proven: this.#proven, refused: this.#refused }
    this.#proven = new Map()
    this.#refused = new Set()
    return progress
  }

  /** Saving has failed: once more with the next. */
  giveBack({ proven, refused }: DeviceProgress): void {
    for (const stream of refused) this.#refused.add(stream)
    for (const [stream, position] of proven) {
      if (!this.#refused.has(stream) || refused.has(stream)) this.#prove(stream, position)
    }
  }

  /** A new method 20 begins from older positions: what was sent before says nothing about what is sent from now on. */
  restart(): void {
    this.#sent = new Map()
    this.#pinged = undefined
    this.#messages.clear()
  }

  #prove(stream: string, position: Position): void {
    const known = this.#proven.get(stream)
    if (known === undefined || known.seq < position.seq) this.#proven.set(stream, position)
  }
}
