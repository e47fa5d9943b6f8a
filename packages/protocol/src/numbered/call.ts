import * as z from 'zod'
import { jsonProblem } from '../json.ts'
import { LIMITS } from '../limits.ts'
import { METHODS, type MethodNumber } from '../numbers.ts'
import { TidingsError } from '../errors.ts'
import type { RefusedCall } from './events.ts'
import { callIdSchema, type CallId } from './frames.ts'

/**
 * What a client sends: `{ method, body }`, in method 20 with `timestamp` beside `method` as in seed 002. With an `id` the
 * call is answered by a frame of type 1, or by 90 with that `id`.
 */
export const callSchema = z.object({
  method: z.number(),
  body: z.unknown().optional(),
  id: callIdSchema.optional(),
  timestamp: z.unknown().optional(),
  caught_up: z.unknown().optional(),
})

/** A call that could be read; its body is still to be decoded. */
export interface Call extends RefusedCall {
  readonly method: MethodNumber
  readonly id: CallId | undefined
  /** `body`, with `timestamp` and `caught_up` of method 20 moved into it. */
  readonly body: unknown
}

/** True for a number of the table. */
export function isMethodNumber(value: unknown): value is MethodNumber {
  return typeof value === 'number' && Object.hasOwn(METHODS, value)
}

/** Reads one text frame. What is wrong comes with as much of the call as could be read, so that 90 can name it. */
export function readCall(
  text: string,
): Call | { readonly refused: RefusedCall; readonly error: TidingsError } {
  const value = parseJson(text)
  if (value === undefined) return refuse(undefined, 'not JSON')
  // The frame and its body are two levels around the content of a message, which may use all of the depth itself.
  const problem = jsonProblem(value, -2)
  if (problem !== undefined) return refuse(undefined, problem)
  const frame = callSchema.safeParse(value)
  if (!frame.success) return refuse(value, z.prettifyError(frame.error))
  const { method, id, body, timestamp, caught_up: caughtUp } = frame.data
  if (!isMethodNumber(method)) return refuse(value, 'this method is not served')
  const clientId = clientIdOf(value)
  if (METHODS[method] !== 'sync.since') return { method, id, clientId, body }
  return {
    method,
    id,
    clientId,
    body: { timestamp, caught_up: caughtUp, ...(isRecord(body) ? body : {}) },
  }
}

function refuse(value: unknown, message: string) {
  const error = new TidingsError('INVALID_INPUT', `The call is not valid: ${message}.`)
  return { refused: describe(value), error }
}

function describe(value: unknown): RefusedCall {
  if (!isRecord(value)) return { method: null, id: undefined, clientId: undefined }
  const id = callIdSchema.safeParse(value['id'])
  const method = typeof value['method'] === 'number' ? value['method'] : null
  return { method, id: id.success ? id.data : undefined, clientId: clientIdOf(value) }
}

function clientIdOf(value: unknown): string | undefined {
  const body = isRecord(value) ? value['body'] : undefined
  const clientId = isRecord(body) ? body['client_id'] : undefined
  return typeof clientId === 'string' && clientId.length <= LIMITS.idLength ? clientId : undefined
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
