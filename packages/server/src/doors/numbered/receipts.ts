import { CALLS, type Call, type CallResult } from '@tidings/protocol/numbered'
import type { MarkInput, TidingsError } from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import { carryOutCharged, markDeliveredCall, markReadCall } from '../../rpc/hot-calls.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import { charge } from '../../rpc/trpc.ts'
import type { Place } from '../device/dialect.ts'
import type { DoorSocket } from '../socket.ts'

/** Whose receipts they are, and who answers them. */
export interface ReceiptsHost {
  readonly context: Context
  readonly userId: string
  readonly socket: DoorSocket
  /** Where a message stands that this connection was sent; undefined when it is not remembered. */
  placeOf(messageId: string): Place | undefined
  succeed(call: Call, result: CallResult): void
  refuse(call: Call, error: TidingsError): void
  /** What could not be read, and so was charged by nobody. */
  refuseMistake(call: Call, error: TidingsError): void
  /** Some have been answered. */
  balance(): void
}

/** One call, and what it asks for. */
interface Asked {
  readonly call: Call
  readonly mark: MarkInput
}

/** Calls that one mark answers. */
interface Group {
  readonly asked: Asked[]
  furthest: MarkInput
}

/**
 * Methods 41 and 42 of one connection. Those that came in together are one mark for each conversation, the furthest: a
 * mark says that everything up to it has arrived, so that it says what the others say. Each is charged and answered.
 */
export class Receipts {
  readonly #host: ReceiptsHost
  #gathered: Call[] = []
  #pending = 0

  constructor(host: ReceiptsHost) {
    this.#host = host
  }

  /** How many are not answered yet. */
  get pending(): number {
    return this.#pending
  }

  add(call: Call): void {
    this.#pending += 1
    this.#gathered.push(call)
    if (this.#gathered.length === 1) void this.#markAll()
  }

  /** What has not begun is not done: its session may have ended. */
  clear(): void {
    this.#pending -= this.#gathered.length
    this.#gathered = []
  }

  /** At the end of the turn, and once there is room for the answers. */
  async #markAll(): Promise<void> {
    await this.#host.socket.drained()
    const calls = this.#gathered
    this.#gathered = []
    const asked = calls.flatMap((call) => this.#read(call) ?? [])
    this.#settle(calls.length - asked.length)
    for (const group of this.#groups(asked)) void this.#mark(group)
  }

  /** What a call asks for, charged; undefined when it is refused. */
  #read(call: Call): Asked | undefined {
    const { context, userId } = this.#host
    let mark: unknown
    try {
      mark = CALLS[call.method].decode(call.body, userId)
    } catch (thrown) {
      this.#host.refuseMistake(call, toTidingsError(thrown))
    }
    if (!isMark(mark)) return undefined
    try {
      charge(context)
      return { call, mark }
    } catch (thrown) {
      this.#host.refuse(call, toTidingsError(thrown))
      return undefined
    }
  }

  #groups(asked: readonly Asked[]): Iterable<Group> {
    const groups = new Map<string, Group>()
    for (const one of asked) {
      const place = this.#placeOf(one.mark)
      const of = 'messageId' in place ? place.messageId : place.conversationId
      const key = `${one.call.method} ${of}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { asked: [one], furthest: place })
      else {
        group.asked.push(one)
        group.furthest = further(group.furthest, place)
      }
    }
    return groups.values()
  }

  /** A message that is remembered need not be looked up. */
  #placeOf(mark: MarkInput): MarkInput {
    return 'messageId' in mark ? (this.#host.placeOf(mark.messageId) ?? mark) : mark
  }

  async #mark({ asked, furthest }: Group): Promise<void> {
    const host = this.#host
    const kind = asked[0]?.call.method === 41 ? markDeliveredCall : markReadCall
    let failure: TidingsError | undefined
    try {
      await carryOutCharged(kind, host.context, furthest)
    } catch (thrown) {
      failure = toTidingsError(thrown)
    }
    for (const { call, mark } of asked) {
      // Whoever names a message is never told that it is not his: he may have left since.
      const isForgiven = failure?.code === 'NOT_FOUND' && 'messageId' in mark
      if (failure === undefined || isForgiven) host.succeed(call, {})
      else host.refuse(call, failure)
    }
    this.#settle(asked.length)
  }

  #settle(count: number): void {
    if (count === 0) return
    this.#pending -= count
    this.#host.balance()
  }
}

function further(one: MarkInput, other: MarkInput): MarkInput {
  return 'seq' in one && 'seq' in other && other.seq > one.seq ? other : one
}

function isMark(value: unknown): value is MarkInput {
  return typeof value === 'object' && value !== null
}
