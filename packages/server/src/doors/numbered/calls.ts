import {
  CALLS,
  decodeSend,
  readCall,
  sinceBodySchema,
  toAcceptedFrame,
  toErrorFrame,
  toResultFrame,
  toSentResult,
  type Call,
  type CallResult,
  type Frame,
  type RefusedCall,
} from '@tidings/protocol/numbered'
import {
  LIMITS,
  TidingsError,
  type ItemError,
  type SendInput,
  type Sent,
} from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import { carryOut, sendCall } from '../../rpc/hot-calls.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import { callProcedure } from '../procedure.ts'
import type { Place } from '../device/dialect.ts'
import type { DoorSocket } from '../socket.ts'
import { Receipts, type ReceiptsHost } from './receipts.ts'
import type { Sends } from './sends.ts'

/** The connection whose calls they are. */
export interface CallsHost {
  readonly context: Context
  readonly userId: string
  readonly socket: DoorSocket
  readonly sends: Sends
  /** Method 20. @throws what `toTidingsError` understands */
  begin(since: unknown, tellCaughtUp: boolean): Promise<void>
  /** It could not begin, and the client has been told. */
  notBegun(error: TidingsError): void
  /** Where a message stands that this connection was sent; undefined when it is not remembered. */
  placeOf(messageId: string): Place | undefined
  /** As `DialectHost` has it. */
  mistake(error: TidingsError, tell: (answer: TidingsError) => void): void
  /** Counts a call; `ok` or an error code. */
  count(method: number, outcome: string): void
}

interface DecodedSend {
  readonly call: Call
  readonly input: SendInput
}

/**
 * The calls of one numbered connection. They are carried out in the order in which they came, so that a client need not
 * wait for answers to keep its messages in order; sends that pile up share a call. Receipts are not waited for: they are
 * gathered with others', and their order among themselves means nothing.
 */
export class Calls implements ReceiptsHost {
  readonly #host: CallsHost
  readonly #queue: Call[] = []
  readonly #receipts: Receipts
  #working = false

  constructor(host: CallsHost) {
    this.#host = host
    this.#receipts = new Receipts(this)
  }

  get context(): Context {
    return this.#host.context
  }

  get userId(): string {
    return this.#host.userId
  }

  get socket(): DoorSocket {
    return this.#host.socket
  }

  placeOf(messageId: string): Place | undefined {
    return this.#host.placeOf(messageId)
  }

  receive(text: string): void {
    const call = readCall(text)
    if ('error' in call) this.refuseMistake(call.refused, call.error)
    else if (call.method === 41 || call.method === 42) this.#receipts.add(call)
    else {
      this.#queue.push(call)
      void this.#work()
    }
    this.balance()
  }

  /** Forgets what has not begun. */
  clear(): void {
    this.#queue.length = 0
    this.#receipts.clear()
  }

  /** As many calls as a connection may have under way: nothing more is read until some are done. */
  balance(): void {
    const { socket } = this.#host
    const pending = this.#queue.length + this.#receipts.pending
    if (pending >= LIMITS.concurrentCallsPerConnection) socket.hold()
    else socket.release()
  }

  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    for (let call = this.#queue.shift(); call !== undefined; call = this.#queue.shift()) {
      await this.#host.socket.drained()
      if (call.method === 20) await this.#start(call)
      else if (call.method === 40) await this.#send([call, ...this.#followingSends()])
      else await this.#perform(call)
      this.balance()
    }
    this.#working = false
  }

  /** As many as one call of `message.send` takes. */
  #followingSends(): Call[] {
    const most = this.#queue.slice(0, LIMITS.arrayItems - 1)
    const other = most.findIndex(({ method }) => method !== 40)
    return this.#queue.splice(0, other === -1 ? most.length : other)
  }

  async #start(call: Call): Promise<void> {
    const body = sinceBodySchema.parse(call.body)
    try {
      await this.#host.begin(body.timestamp, body.caught_up === true)
      this.succeed(call, {})
    } catch (thrown) {
      const error = toTidingsError(thrown)
      this.refuse(call, error)
      this.#host.notBegun(error)
    }
  }

  async #perform(call: Call): Promise<void> {
    const { context, userId } = this.#host
    const codec = CALLS[call.method]
    const decoded = attempt(() => codec.decode(call.body, userId))
    if ('error' in decoded) {
      this.refuseMistake(call, decoded.error)
      return
    }
    try {
      const output = await callProcedure(context, { path: codec.path, input: decoded.value })
      this.succeed(call, codec.encode(output))
    } catch (thrown) {
      this.refuse(call, toTidingsError(thrown))
    }
  }

  async #send(calls: readonly Call[]): Promise<void> {
    const sends: DecodedSend[] = []
    for (const call of calls) {
      const decoded = attempt(() => decodeSend(call.body))
      if ('error' in decoded) this.refuseMistake(call, decoded.error)
      else sends.push({ call, input: decoded.value })
    }
    if (sends.length > 0) await this.#host.sends.during(this.#sendAll(sends))
  }

  async #sendAll(sends: readonly DecodedSend[]): Promise<void> {
    try {
      const [only, ...more] = sends
      const inputs = sends.map(({ input }) => input)
      const single = only !== undefined && more.length === 0
      const { context } = this.#host
      const output = await carryOut(sendCall, context, single ? only.input : inputs)
      const outcomes = Array.isArray(output) ? output : [output]
      for (const [index, outcome] of outcomes.entries())
        this.#answerSend(sends[index]?.call, outcome)
    } catch (thrown) {
      const error = toTidingsError(thrown)
      // One message that is not valid must not cost its neighbours, which are not valid or invalid together.
      if (sends.length > 1 && error.code === 'INVALID_INPUT') {
        for (const send of sends) await this.#sendAll([send])
      } else for (const { call } of sends) this.refuse(call, error)
    }
  }

  #answerSend(call: Call | undefined, outcome: Sent | ItemError): void {
    if (call === undefined) return
    if ('error' in outcome) {
      this.refuse(call, new TidingsError(outcome.error.code, outcome.error.message))
      return
    }
    this.#push(toAcceptedFrame(outcome))
    this.#host.sends.accepted(outcome)
    this.succeed(call, toSentResult(outcome))
  }

  succeed({ method, id }: Call, result: CallResult): void {
    this.#host.count(method, 'ok')
    if (id !== undefined) this.#push(toResultFrame(id, result, this.#now))
  }

  refuseMistake(call: RefusedCall, error: TidingsError): void {
    this.#host.mistake(error, (answer) => this.refuse(call, answer))
  }

  refuse(call: RefusedCall, error: TidingsError): void {
    this.#host.count(call.method ?? 0, error.code)
    this.#push(toErrorFrame(call, error, this.#now))
  }

  get #now(): number {
    return this.#host.context.deps.clock.now()
  }

  #push(frame: Frame): void {
    this.#host.socket.send(JSON.stringify(frame))
  }
}

/** What a decoder answers, or why it does not. */
function attempt<Value>(
  decode: () => Value,
): { readonly value: Value } | { readonly error: TidingsError } {
  try {
    return { value: decode() }
  } catch (thrown) {
    return { error: toTidingsError(thrown) }
  }
}
