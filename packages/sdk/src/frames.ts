import { TidingsError } from '@tidings/protocol/wire'
import { readError } from './errors.ts'
import { isRecord } from './record.ts'

/** What tRPC calls a procedure's type. */
export type CallType = 'query' | 'mutation' | 'subscription'

/** One call, on whichever way it goes. */
export interface Call {
  readonly type: CallType
  readonly path: string
  readonly input: unknown
  /** Shown how a long answer begins that has come over a connection, before it is read. */
  readonly onBeginning?: ((text: string) => void) | undefined
}

/** One frame from the server, in tRPC's WebSocket protocol. */
export type Frame =
  | { readonly kind: 'data'; readonly id: number; readonly data: unknown }
  | { readonly kind: 'started' | 'stopped'; readonly id: number }
  /** Without an id it is the connection's. */
  | { readonly kind: 'error'; readonly id: number | null; readonly error: TidingsError }
  /** The server is about to go: connect again. */
  | { readonly kind: 'reconnect' }
  | { readonly kind: 'ping' | 'pong' }
  | { readonly kind: 'unreadable' }

const UNREADABLE: Frame = { kind: 'unreadable' }

/** What stands before the data in the frame of an answer. */
const ENVELOPE = /^\{"id":(\d+),"result":\{"type":"data","data":\{"json":/

/** Characters of its data that are shown of an answer before it is read. */
const SHOWN = 256

/** Of an answer the call's id, and how its data begin, without reading it; NaN of another frame. */
export function beginningOf(text: string): { readonly id: number; readonly data: string } {
  const [{ length }, id] = ENVELOPE.exec(text) ?? ['']
  return { id: Number(id), data: text.slice(length, length + SHOWN) }
}

/** Reads a frame. Never throws: what makes no sense is `unreadable`. */
export function readFrame(data: unknown): Frame {
  if (data === 'PING') return { kind: 'ping' }
  if (data === 'PONG') return { kind: 'pong' }
  const frame = typeof data === 'string' ? parseJson(data) : undefined
  if (!isRecord(frame)) return UNREADABLE
  const { id, result, error } = frame
  if (error !== undefined) return errorFrame(id, error)
  if (frame['method'] === 'reconnect') return { kind: 'reconnect' }
  return typeof id === 'number' && isRecord(result) ? resultFrame(id, result) : UNREADABLE
}

function errorFrame(id: unknown, error: unknown): Frame {
  return { kind: 'error', id: typeof id === 'number' ? id : null, error: readError(unwrap(error)) }
}

function resultFrame(id: number, result: Readonly<Record<string, unknown>>): Frame {
  const { type } = result
  if (type === 'started' || type === 'stopped') return { kind: type, id }
  return { kind: 'data', id, data: unwrap(result['data']) }
}

/**
 * An input as it travels. Written before the call is queued: what JSON cannot say fails the call that says it, and
 * nobody else's.
 * @throws TidingsError INVALID_INPUT
 */
export function writeInput(input: unknown): string {
  try {
    return JSON.stringify(wrap(input))
  } catch (cause) {
    throw new TidingsError('INVALID_INPUT', 'The input is not JSON.', { cause })
  }
}

/** The frame of a call, its input from `writeInput`. */
export function writeCall(
  id: number,
  { type, path }: Pick<Call, 'type' | 'path'>,
  input: string,
): string {
  return `{"id":${id},"method":"${type}","params":{"path":${JSON.stringify(path)},"input":${input}}}`
}

/** The first frame, which says who connects. */
export function writeHello(token: string): string {
  return JSON.stringify({ method: 'connectionParams', data: { token } })
}

/**
 * The envelope of superjson, tRPC's transformer on this wire. Everything in it is plain JSON: the contract has times as
 * numbers, so that nobody has to walk values to revive them.
 */
function wrap(input: unknown): { readonly json?: unknown } {
  return { json: input }
}

/** Takes a value out of the envelope. */
export function unwrap(sent: unknown): unknown {
  return isRecord(sent) ? sent['json'] : undefined
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}
