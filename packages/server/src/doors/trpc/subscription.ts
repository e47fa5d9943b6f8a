import type { KnownCloseCode, LiveItem } from '@tidings/protocol/wire'
import type { LiveEvent } from '../../realtime/live-event.ts'
import type { Context, Transport } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import { callProcedure } from '../procedure.ts'
import type { DoorSocket } from '../socket.ts'
import {
  headTextOf,
  writeData,
  writeError,
  writeLive,
  writeLiveEvents,
  writeState,
  type RequestFrame,
} from './frames.ts'

export interface SubscriptionRun {
  readonly context: Context
  readonly socket: DoorSocket
  readonly request: RequestFrame
  readonly signal: AbortSignal
}

/**
 * Runs a subscription to its end and sends what it yields. Answers the error frame to send in place of `stopped`, if it
 * failed. What a slow reader cannot take is the generator's to hold back: `sync.live` looks at the socket before each yield.
 */
export async function runSubscription(run: SubscriptionRun): Promise<string | undefined> {
  const { context, socket, request, signal } = run
  const { path, input } = request
  try {
    const transport = new LiveOutlet(socket, headTextOf(request))
    const output = await callProcedure({ ...context, transport }, { path, input, signal })
    if (!isAsyncIterable(output)) throw new Error(`${path} is no subscription`)
    if (!signal.aborted) socket.send(writeState(request, 'started'))
    for await (const value of output) {
      if (signal.aborted) break
      socket.send(isLive(path, value) ? writeLive(request, value) : writeData(request, value))
    }
    return undefined
  } catch (thrown) {
    return signal.aborted ? undefined : writeError(request, toTidingsError(thrown))
  }
}

/** Where `sync.live` writes events of which nobody need wait: the socket, under the subscription's id. */
class LiveOutlet implements Transport {
  readonly #socket: DoorSocket
  readonly #head: string

  constructor(socket: DoorSocket, head: string) {
    this.#socket = socket
    this.#head = head
  }

  push(events: readonly LiveEvent[]): void {
    this.#socket.send(writeLiveEvents(this.#head, events))
  }

  bufferedAmount(): number {
    return this.#socket.bufferedAmount()
  }

  close(code: KnownCloseCode): void {
    this.#socket.close(code)
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** The path decides: only the procedure of that path yields live items. */
function isLive(path: string, value: unknown): value is readonly LiveItem[] {
  return path === 'sync.live' && Array.isArray(value)
}
