import { jsonProblem, LIMITS, TidingsError, type LiveItem } from '@tidings/protocol/wire'
import { getTRPCErrorShape, transformTRPCResponse, TRPCError } from '@trpc/server'
import { JsonText } from '../../json-text.ts'
import { jsonOfEvent, type LiveEvent } from '../../realtime/live-event.ts'
import { isRecord } from '../../record.ts'
import { toTrpcError } from '../../rpc/errors.ts'
import { appRouter } from '../../rpc/root.ts'

const config = appRouter._def._config

/** What a client may name a call: as in JSON-RPC. */
export type RequestId = string | number

/** What each answer repeats of its call. */
export interface ReplyTo {
  readonly id: RequestId
  /** Repeated to those who say it; tRPC's own clients do not. */
  readonly jsonrpc: '2.0' | undefined
}

/** One call of a frame, in tRPC's WebSocket protocol. */
export interface RequestFrame extends ReplyTo {
  readonly method: 'query' | 'mutation' | 'subscription' | 'subscription.stop'
  readonly path: string
  /** Through the transformer already. */
  readonly input: unknown
}

/** A call that is none, with the id under which its sender waits, if it has one. */
export interface RefusedFrame {
  readonly id: RequestId | null
  /** Not an error yet: a frame has room for tens of thousands of these, and an error takes its time to make. */
  readonly problem: string
}

/** What stands for itself in a frame. */
export type FrameItem = RequestFrame | RefusedFrame

/**
 * Reads a frame, one call or a batch. Every item of a batch stands for itself: one that cannot be read is refused under
 * its own id and its neighbours are called. (tRPC's own adapter drops the whole frame.) A batch is as long as a frame
 * has room for: stock clients put all calls of one turn into one, and after a reconnect all their subscriptions.
 */
export function readFrame(text: string): readonly FrameItem[] {
  const value = parseJson(text)
  if (!Array.isArray(value)) return [readItem(value)]
  const items: readonly unknown[] = value
  return items.length === 0 ? [refuse(null, 'an empty batch')] : items.map(readItem)
}

/** As tRPC has it: what is no call is not JSON-RPC's "invalid request", but its "parse error". */
export function writeRefusal({ id, problem }: RefusedFrame): string {
  const error = new TidingsError('INVALID_INPUT', `The frame is not valid: ${problem}.`)
  const { message } = error
  return writeShape({ id }, new TRPCError({ code: 'PARSE_ERROR', message, cause: error }))
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

function readItem(item: unknown): FrameItem {
  const id = idOf(item)
  if (!isRecord(item)) return refuse(null, 'not an object')
  if (id === null) return refuse(null, 'a call needs an id, a number or at most 64 characters')
  const { method, jsonrpc, params } = item
  if (jsonrpc !== undefined && jsonrpc !== '2.0') return refuse(id, 'another version of JSON-RPC')
  if (method === 'subscription.stop') return { id, jsonrpc, method, path: '', input: undefined }
  if (method !== 'query' && method !== 'mutation' && method !== 'subscription') {
    return refuse(id, 'an unknown method')
  }
  return readRequest({ id, jsonrpc }, method, params)
}

function readRequest(to: ReplyTo, method: RequestFrame['method'], params: unknown): FrameItem {
  const path = isRecord(params) ? params['path'] : undefined
  if (!isRecord(params) || typeof path !== 'string' || path.length > MAX_PATH) {
    return refuse(to.id, 'a call needs the path of a procedure')
  }
  const input: unknown = config.transformer.input.deserialize(params['input'])
  // Field by field: a spread costs as much as the parsing.
  return { id: to.id, jsonrpc: to.jsonrpc, method, path, input }
}

const MAX_PATH = 128

function refuse(id: RequestId | null, problem: string): RefusedFrame {
  return { id, problem }
}

function idOf(item: unknown): RequestId | null {
  const id = isRecord(item) ? item['id'] : undefined
  if (typeof id === 'number') return Number.isFinite(id) ? id : null
  if (typeof id !== 'string' || id.length > LIMITS.idLength) return null
  return jsonProblem(id) === undefined ? id : null
}

/** The frame that answers a query or a mutation, or that carries one yield of a subscription. */
export function writeData({ id, jsonrpc }: ReplyTo, data: unknown): string {
  if (data instanceof JsonText) return writeJson(headTextOf({ id, jsonrpc }), data.text)
  const sent: unknown = config.transformer.output.serialize(data)
  return JSON.stringify({ id, jsonrpc, result: { type: 'data', data: sent } })
}

/**
 * One yield of `sync.live`: the same bytes as `writeData`, but each event's JSON is made once for all its readers and
 * copied in.
 */
export function writeLive(head: string, items: readonly LiveItem[]): string {
  return writeLiveJson(head, items.map(liveItemJson).join(','))
}

/** The last frame made: what is handed out together comes one after the other, and most clients subscribe under the same id. */
let lastFrame:
  { readonly events: readonly LiveEvent[]; readonly head: string; text: string } | undefined

/** Events as one yield of `sync.live`, the frame made once for all who have the same head. */
export function writeLiveEvents(head: string, events: readonly LiveEvent[]): string {
  if (lastFrame?.events === events && lastFrame.head === head) return lastFrame.text
  const json = events.map((event) => event.json).join(',')
  const text = writeLiveJson(head, `{"kind":"events","events":[${json}]}`)
  lastFrame = { events, head, text }
  return text
}

/** How each frame to a call begins. */
export function headTextOf({ id, jsonrpc }: ReplyTo): string {
  return JSON.stringify({ id, jsonrpc }).slice(0, -1)
}

function writeLiveJson(head: string, json: string): string {
  return writeJson(head, `[${json}]`)
}

function writeJson(head: string, json: string): string {
  return `${head},"result":{"type":"data","data":{"json":${json}}}}`
}

function liveItemJson(item: LiveItem): string {
  if (item.kind !== 'events') return JSON.stringify(item)
  return `{"kind":"events","events":[${item.events.map(jsonOfEvent).join(',')}]}`
}

/** The first and the last frame of a subscription. */
export function writeState(head: string, type: 'started' | 'stopped'): string {
  return `${head},"result":{"type":"${type}"}}`
}

/** Which call failed; without an id it is the connection's failure. */
export interface FailedCall {
  readonly id: RequestId | null
  readonly jsonrpc?: '2.0' | undefined
  readonly path?: string | undefined
  readonly input?: unknown
}

/** The frame that refuses a call. */
export function writeError(call: FailedCall, failure: TidingsError): string {
  return writeShape(call, toTrpcError(failure))
}

function writeShape(call: FailedCall, failure: TRPCError): string {
  const type = 'unknown'
  const { path, input } = call
  const error = getTRPCErrorShape({ config, error: failure, type, path, input, ctx: undefined })
  return JSON.stringify(transformTRPCResponse(config, { ...headOf(call), error }))
}

function headOf<Id extends RequestId | null>(to: {
  readonly id: Id
  readonly jsonrpc?: '2.0' | undefined
}) {
  const { id, jsonrpc } = to
  return jsonrpc === undefined ? { id } : { id, jsonrpc }
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}
