import type { TidingsError } from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import type { Dialect, DialectHost, Place, SinkOptions } from '../device/dialect.ts'
import type { FollowerSink } from '../device/follower-sink.ts'
import type { DoorSocket } from '../socket.ts'
import { Calls, type CallsHost } from './calls.ts'
import { Delivery, type DeliveryHost } from './delivery.ts'
import { OwnMessages } from './own-messages.ts'
import { Sends } from './sends.ts'

/** The numbered protocol (seed 002, extended) on one connection. */
export class NumberedDialect implements Dialect, CallsHost, DeliveryHost {
  readonly sends = new Sends()
  readonly ownMessages: OwnMessages
  readonly #host: DialectHost
  readonly #calls: Calls

  constructor(host: DialectHost) {
    this.#host = host
    this.ownMessages = new OwnMessages(host.actor.userId)
    this.#calls = new Calls(this)
  }

  get context(): Context {
    return this.#host.context
  }

  get userId(): string {
    return this.#host.actor.userId
  }

  get socket(): DoorSocket {
    return this.#host.socket
  }

  receive(text: string): void {
    this.#calls.receive(text)
  }

  clear(): void {
    this.#calls.clear()
  }

  rewound(): void {
    this.sends.forget()
  }

  sink(options: SinkOptions): FollowerSink {
    return new Delivery(this, options)
  }

  begin(since: unknown, tellCaughtUp: boolean): Promise<void> {
    return this.#host.begin(since, tellCaughtUp)
  }

  notBegun(error: TidingsError): void {
    this.#host.notBegun(error)
  }

  placeOf(messageId: string): Place | undefined {
    return this.#host.placeOf(messageId)
  }

  mistake(error: TidingsError, tell: (answer: TidingsError) => void): void {
    this.#host.mistake(error, tell)
  }

  count(method: number, outcome: string): void {
    this.#host.count(method, outcome)
  }

  prove(): void {
    this.#host.prove()
  }
}
