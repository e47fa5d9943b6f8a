import { jsonProblem, LIMITS, TidingsError } from '@tidings/protocol/wire'

/** A JSON object from a request. Keys that a route does not know are ignored. */
export type JsonObject = Readonly<Record<string, unknown>>

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads the JSON object of a request.
 *
 * @throws TidingsError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_INPUT
 */
export async function readJsonObject(request: Request): Promise<JsonObject> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new TidingsError('UNSUPPORTED_MEDIA_TYPE')
  const value = parse(await readBytes(request))
  const problem = jsonProblem(value)
  if (problem !== undefined) throw invalid(problem)
  if (!isObject(value)) throw invalid('a JSON object is expected')
  return value
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const body: AsyncIterable<Uint8Array> | null = request.body
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > LIMITS.bodyBytes) throw new TidingsError('PAYLOAD_TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes))
    return value
  } catch {
    throw invalid('the body is not JSON in UTF-8')
  }
}

function invalid(message: string): TidingsError {
  return new TidingsError('INVALID_INPUT', undefined, { fields: [{ path: '', message }] })
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
