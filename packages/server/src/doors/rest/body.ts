import { jsonProblem, LIMITS, TidingsError } from '@tidings/protocol/wire'
import { isRecord } from '../../record.ts'
import { inputProblem } from '../../rpc/input-problem.ts'

/** A JSON object from a request. Keys that a route does not know are ignored. */
export type JsonObject = Readonly<Record<string, unknown>>

const FORM = 'application/x-www-form-urlencoded'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads the JSON object of a request.
 *
 * @throws TidingsError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_INPUT
 */
export async function readJsonObject(request: Request): Promise<JsonObject> {
  requireJson(request)
  return requireObject(parse(await readBytes(request.body)))
}

/**
 * Reads what a request of the older seeds says, as JSON or as a form; without a body, nothing.
 *
 * @throws TidingsError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_INPUT
 */
export async function readParams(
  body: AsyncIterable<Uint8Array> | null,
  type: string,
): Promise<JsonObject> {
  const bytes = await readBytes(body)
  if (bytes.length === 0) return {}
  const isForm = mediaType(type) === FORM
  if (!isForm && mediaType(type) !== 'application/json')
    throw new TidingsError('UNSUPPORTED_MEDIA_TYPE')
  return requireObject(
    isForm ? Object.fromEntries(new URLSearchParams(textOf(bytes))) : parse(bytes),
  )
}

/**
 * Reads a form, with what comes twice in it.
 *
 * @throws TidingsError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_INPUT
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = mediaType(request.headers.get('content-type') ?? '')
  const bytes = await readBytes(request.body)
  if (type !== FORM) throw new TidingsError('UNSUPPORTED_MEDIA_TYPE')
  return new URLSearchParams(textOf(bytes))
}

/**
 * Reads the JSON of a request, whatever it is; undefined when the request has no body.
 *
 * @throws TidingsError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_INPUT
 */
export async function readJson(request: Request): Promise<unknown> {
  const bytes = await readBytes(request.body)
  if (bytes.length === 0) return undefined
  requireJson(request)
  const value = parse(bytes)
  const problem = inputProblem(value)
  if (problem !== undefined) throw invalid(problem)
  return value
}

function requireObject(value: unknown): JsonObject {
  const problem = jsonProblem(value)
  if (problem !== undefined) throw invalid(problem)
  if (!isRecord(value)) throw invalid('a JSON object is expected')
  return value
}

function requireJson(request: Request): void {
  if (mediaType(request.headers.get('content-type') ?? '') !== 'application/json')
    throw new TidingsError('UNSUPPORTED_MEDIA_TYPE')
}

function mediaType(header: string): string | undefined {
  return header.split(';')[0]?.trim().toLowerCase()
}

async function readBytes(body: AsyncIterable<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > LIMITS.bodyBytes) throw new TidingsError('PAYLOAD_TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(bytes: Uint8Array): unknown {
  const text = textOf(bytes)
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    throw invalid('the body is not JSON in UTF-8')
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw invalid('the body is not UTF-8')
  }
}

function invalid(message: string): TidingsError {
  return new TidingsError('INVALID_INPUT', undefined, { fields: [{ path: '', message }] })
}
