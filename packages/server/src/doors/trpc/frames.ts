import { jsonProblem, LIMITS, TidingsError, type LiveItem } from '@tidings/protocol/wire'
import { getTRPCErrorShape, transformTRPCResponse } from '@trpc/server'
import { jsonOfEvent } from '../../realtime/live-event.ts'
import { toTrpcError } from '../../rpc/errors.ts'
import { appRouter } from '../../rpc/root.ts'

const config = appRouter._def._config

/** What a client may name a call: as in JSON-RPC. */
export type RequestId = string | number

/** One call of a frame, in tRPC's WebSocket protocol. */
export interface RequestFrame {
  readonly id: RequestId
  readonly method: 'query' | 'mutation' | 'subscription' | 'subscription.stop'
  readonly path: string
  /** Through the transformer already. */
  readonly input: unknown
}

/** A call that is none, with the id under which its sender waits, if it has one. */
export interface RefusedFrame {
  readonly id: RequestId | null
  readonly error: TidingsError
}

type Item = RequestFrame | RefusedFrame

/**
 * Reads a frame, one call or a batch. Every item of a batch stands for itself: one that cannot be read is refused under
 * its own id and its neighbours are called. (tRPC's own adapter drops the whole frame.)
 */
export function readFrame(text: string): readonly Item[] {
  const value = parseJson(text)
  if (!Array.isArray(value)) return [readItem(value)]
  const items: readonly unknown[] = value
  if (items.length === 0) return [refuse(null, 'an empty batch')]
  if (items.length > LIMITS.batchCalls) {
    return items.map((item) =>
      refuse(idOf(item), `more than ${LIMITS.batchCalls} calls in one batch`),
    )
  }
  return items.map(readItem)
}

/** What the first frame says when the client has announced it by `?connectionParams=1`; undefined when it is no such. */
export function readConnectionParams(
  text: string,
): { readonly token: string | undefined } | undefined {
  const value = parseJson(text)
  if (!isRecord(value) || value['method'] !== 'connectionParams') return undefined
  const data = value['data']
  if (data === null || data === undefined) return { token: undefined }
  if (!isRecord(data)) return undefined
  const token = data['token']
  if (token === null || token === undefined) return { token: undefined }
  return typeof token === 'string' ? { token } : undefined
}

function readItem(item: unknown): Item {
  const id = idOf(item)
  if (!isRecord(item)) return refuse(null, 'not an object')
  if (id === null) return refuse(null, 'a call needs an id, a number or at most 64 characters')
  const { method } = item
  if (method === 'subscription.stop') return { id, method, path: '', input: undefined }
  if (method !== 'query' && method !== 'mutation' && method !== 'subscription') {
    return refuse(id, 'an unknown method')
  }
  return readCall(id, method, item['params'])
}

function readCall(id: RequestId, method: RequestFrame['method'], params: unknown): Item {
  const path = isRecord(params) ? params['path'] : undefined
  if (!isRecord(params) || typeof path !== 'string' || path.length > MAX_PATH) {
    return refuse(id, 'a call needs the path of a procedure')
  }
  const { input } = params
  return {
    id,
    method,
    path,
    input: input === undefined ? undefined : config.transformer.input.deserialize(input),
  }
}

const MAX_PATH = 128

function refuse(id: RequestId | null, problem: string): RefusedFrame {
  return { id, error: new TidingsError('INVALID_INPUT', `The frame is not valid: ${problem}.`) }
}

function idOf(item: unknown): RequestId | null {
  const id = isRecord(item) ? item['id'] : undefined
  if (typeof id === 'number') return Number.isFinite(id) ? id : null
  if (typeof id !== 'string' || id.length > LIMITS.idLength) return null
  return jsonProblem(id) === undefined ? id : null
}

/** The frame that answers a query or a mutation, or that carries one yield of a subscription. */
export function writeData(id: RequestId, data: unknown): string {
  return JSON.stringify(transformTRPCResponse(config, { id, result: { type: 'data', data } }))
}

/**
 * One yield of `sync.live`: the same bytes as `writeData`, but each event's JSON is made once for all its readers and
 * copied in.
 */
export function writeLive(id: RequestId, items: readonly LiveItem[]): string {
  const json = items.map(liveItemJson).join(',')
  return `{"id":${JSON.stringify(id)},"result":{"type":"data","data":{"json":[${json}]}}}`
}

function liveItemJson(item: LiveItem): string {
  if (item.kind !== 'events') return JSON.stringify(item)
  return `{"kind":"events","events":[${item.events.map(jsonOfEvent).join(',')}]}`
}

/** The first and the last frame of a subscription. */
export function writeState(id: RequestId, type: 'started' | 'stopped'): string {
  return JSON.stringify({ id, result: { type } })
}

/** Which call failed; without an id it is the connection's failure. */
export interface FailedCall {
  readonly id: RequestId | null
  readonly path?: string | undefined
  readonly input?: unknown
}

/** The frame that refuses a call. */
export function writeError(call: FailedCall, failure: TidingsError): string {
  const error = getTRPCErrorShape({
    config,
    error: toTrpcError(failure),
    type: 'unknown',
    path: call.path,
    input: call.input,
    ctx: undefined,
  })
  return JSON.stringify(transformTRPCResponse(config, { id: call.id, error }))
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
