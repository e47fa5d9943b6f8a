import {
  eventId,
  toCaughtUpFrame,
  toFrame,
  toReceiptFrames,
  toSignalFrame,
  type SingleFrameEvent,
} from '@tidings/protocol/numbered'
import type { Position } from '@tidings/protocol/sync'
import type { Event, EventOf, Signal } from '@tidings/protocol/wire'
import type { Caller } from '../procedure.ts'
import type { DoorSocket } from '../socket.ts'
import type { FollowerSink } from './follower.ts'
import type { OwnMessages } from './own-messages.ts'
import type { ProofLedger } from './proof.ts'
import type { Sends } from './sends.ts'

export interface DeliveryOptions {
  readonly userId: string
  readonly socket: DoorSocket
  readonly caller: Caller
  readonly sends: Sends
  readonly ownMessages: OwnMessages
  /** Undefined for a connection that only follows what is live: it says nothing about what came before. */
  readonly ledger: ProofLedger | undefined
  /** Called after each batch that is to be proven. */
  readonly onSent: () => void
  readonly now: () => number
  /** The client wants one frame 29. */
  readonly tellCaughtUp: boolean
}

/** Turns what a follower hands over into frames on the socket. */
export class Delivery implements FollowerSink {
  readonly #options: DeliveryOptions
  #tellCaughtUp: boolean

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#tellCaughtUp = options.tellCaughtUp
  }

  async apply(stream: string, events: readonly Event[], position: Position): Promise<void> {
    const { socket, ledger, ownMessages, onSent } = this.#options
    for (const event of events) {
      if (event.type === 'receipt.updated') await this.#pushReceipts(event)
      else await this.#push(event)
      if (socket.congested) await socket.drained()
    }
    if (stream.startsWith('m:')) ownMessages.saw(stream.slice(2), events, position.seq)
    ledger?.sent(stream, position)
    if (ledger !== undefined) onSent()
  }

  reset(stream: string): void {
    this.#options.ledger?.refuse(stream)
    this.#options.ownMessages.forget(stream.slice(2))
  }

  signals(signals: readonly Signal[]): void {
    const { socket } = this.#options
    for (const signal of signals) {
      if (!socket.congested) socket.send(JSON.stringify(toSignalFrame(signal)))
    }
  }

  caughtUp(): void {
    if (!this.#tellCaughtUp) return
    this.#tellCaughtUp = false
    this.#options.socket.send(JSON.stringify(toCaughtUpFrame(this.#options.now())))
  }

  get congested(): boolean {
    return this.#options.socket.congested
  }

  drained(): Promise<void> {
    return this.#options.socket.drained()
  }

  async #push(event: SingleFrameEvent): Promise<void> {
    const { userId, socket, sends, ledger } = this.#options
    // He knows by 70 that he is in; his own joining would only say so twice.
    if (event.type === 'member.joined' && event.body.userId === userId) return
    if (event.type === 'message.created') {
      const { message } = event.body
      if (message.senderId === userId && (await sends.stoodFor(eventId(event)))) return
      ledger?.sentMessage(message.id, event.stream, { seq: event.seq, tag: event.tag })
    }
    socket.send(textOf(event))
  }

  async #pushReceipts(event: EventOf<'receipt.updated'>): Promise<void> {
    const { userId, caller, ownMessages, socket } = this.#options
    const concerned = await ownMessages.concerned(caller.message, event)
    for (const frame of toReceiptFrames(event, userId, concerned)) {
      socket.send(JSON.stringify(frame))
      if (socket.congested) await socket.drained()
    }
  }
}

// A broadcast hands the same event to every connection: its frame is made once.
const texts = new WeakMap<Event, string>()

function textOf(event: SingleFrameEvent): string {
  const known = texts.get(event)
  if (known !== undefined) return known
  const text = JSON.stringify(toFrame(event))
  texts.set(event, text)
  return text
}
