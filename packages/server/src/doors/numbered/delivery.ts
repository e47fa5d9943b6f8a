import {
  eventId,
  toCaughtUpFrame,
  toFrame,
  toReceiptFrames,
  toSignalFrame,
  type SingleFrameEvent,
} from '@tidings/protocol/numbered'
import type { Position } from '@tidings/protocol/sync'
import type { Event, EventOf, ListMessagesInput, MessagePage, Signal } from '@tidings/protocol/wire'
import { isShared } from '../../realtime/live-event.ts'
import type { Context } from '../../rpc/context.ts'
import { carryOut, listMessagesCall } from '../../rpc/hot-calls.ts'
import type { DoorSocket } from '../socket.ts'
import type { SinkOptions } from '../device/dialect.ts'
import type { FollowerSink } from '../device/follower-sink.ts'
import type { ProofLedger } from '../device/proof.ts'
import type { History, OwnMessages } from './own-messages.ts'
import type { Sends } from './sends.ts'

/** The connection that is delivered to. */
export interface DeliveryHost {
  readonly context: Context
  readonly userId: string
  readonly socket: DoorSocket
  readonly sends: Sends
  readonly ownMessages: OwnMessages
  /** Called after each batch that is to be proven. */
  prove(): void
}

/** Turns what a follower hands over into frames on the socket. */
export class Delivery implements FollowerSink, History {
  readonly #host: DeliveryHost
  readonly #ledger: ProofLedger | undefined
  #tellCaughtUp: boolean
  #hasEnded = false

  constructor(host: DeliveryHost, { ledger, tellCaughtUp }: SinkOptions) {
    this.#host = host
    this.#ledger = ledger
    this.#tellCaughtUp = tellCaughtUp
  }

  async apply(stream: string, events: readonly Event[], position: Position): Promise<void> {
    const { socket, ownMessages } = this.#host
    const ledger = this.#ledger
    for (const event of events) {
      if (event.type === 'receipt.updated') await this.#pushReceipts(event)
      else if (event.type !== 'event.withheld') await this.#push(event)
      if (socket.congested) await socket.drained()
      if (this.#isOver()) return
    }
    if (stream.startsWith('m:')) ownMessages.saw(stream.slice(2), events, position.seq)
    ledger?.sent(stream, position)
    if (ledger !== undefined) this.#host.prove()
  }

  reset(stream: string): void {
    this.#ledger?.refuse(stream)
    this.#host.ownMessages.forget(stream.slice(2))
  }

  signals(signals: readonly Signal[]): void {
    const { socket } = this.#host
    for (const signal of signals) {
      if (!socket.congested) socket.send(JSON.stringify(toSignalFrame(signal)))
    }
  }

  end(): void {
    this.#hasEnded = true
  }

  caughtUp(): void {
    if (!this.#tellCaughtUp) return
    this.#tellCaughtUp = false
    const { socket, context } = this.#host
    socket.send(JSON.stringify(toCaughtUpFrame(context.deps.clock.now())))
  }

  get congested(): boolean {
    return this.#host.socket.congested
  }

  drained(): Promise<void> {
    return this.#host.socket.drained()
  }

  /** Older messages, with the client's rights. */
  list(input: ListMessagesInput): Promise<MessagePage> {
    return carryOut(listMessagesCall, this.#host.context, input)
  }

  /** Asked anew after each wait. */
  #isOver(): boolean {
    return this.#hasEnded
  }

  async #push(event: SingleFrameEvent): Promise<void> {
    const { userId, socket, sends } = this.#host
    // He knows by 70 that he is in; his own joining would only say so twice.
    if (event.type === 'member.joined' && event.body.userId === userId) return
    if (event.type === 'message.created') {
      const { message } = event.body
      if (message.senderId === userId && (await sends.stoodFor(eventId(event)))) return
      if (this.#isOver()) return
      this.#ledger?.sentMessage(message.id, event.stream, { seq: event.seq, tag: event.tag })
    }
    socket.send(textOf(event))
  }

  async #pushReceipts(event: EventOf<'receipt.updated'>): Promise<void> {
    const { userId, ownMessages, socket } = this.#host
    const concerned = await ownMessages.concerned(this, event)
    for (const frame of toReceiptFrames(event, userId, concerned)) {
      if (this.#isOver()) return
      socket.send(JSON.stringify(frame))
      if (socket.congested) await socket.drained()
    }
  }
}

// A broadcast hands the same event to every connection: its frame is made once, and kept on the event, as its JSON is.
const FRAME = Symbol('frame')

interface Framed {
  readonly [FRAME]?: string
}

function textOf(event: SingleFrameEvent & Framed): string {
  if (event[FRAME] !== undefined) return event[FRAME]
  const text = JSON.stringify(toFrame(event))
  if (isShared(event)) Object.defineProperty(event, FRAME, { value: text })
  return text
}
