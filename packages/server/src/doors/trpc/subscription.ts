import type { LiveItem } from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import { callProcedure } from '../procedure.ts'
import type { DoorSocket } from '../socket.ts'
import { writeData, writeError, writeLive, writeState, type RequestFrame } from './frames.ts'

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
    const output = await callProcedure(context, { path, input, signal })
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

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** The path decides: only the procedure of that path yields live items. */
function isLive(path: string, value: unknown): value is readonly LiveItem[] {
  return path === 'sync.live' && Array.isArray(value)
}
