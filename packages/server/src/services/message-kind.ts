import {
  fitsInBytes,
  jsonProblem,
  LIMITS,
  TidingsError,
  type AppBody,
  type Json,
  type Kinds,
  type MessageBody,
} from '@tidings/protocol/wire'

/**
 * Checks a body of an app's own kind with the app's schema, and answers it as the schema makes it. A server without
 * kinds takes any bounded JSON.
 * @throws TidingsError UNSUPPORTED_KIND, INVALID_INPUT
 */
export async function checkBody(kinds: Kinds | undefined, body: MessageBody): Promise<MessageBody> {
  if (kinds === undefined || !isAppBody(body)) return body
  const schema = Object.hasOwn(kinds, body.kind) ? kinds[body.kind] : undefined
  if (schema === undefined) throw new TidingsError('UNSUPPORTED_KIND')
  const result = await schema['~standard'].validate(body.data)
  if (result.issues !== undefined) {
    const fields = result.issues.slice(0, 20).map(({ message }) => ({ path: 'body.data', message }))
    throw new TidingsError('INVALID_INPUT', undefined, { fields })
  }
  return { kind: body.kind, data: boundedJson(result.value) }
}

function isAppBody(body: MessageBody): body is AppBody {
  return 'data' in body
}

/** A schema may transform; what it makes is stored and must still be JSON within the limits. */
function boundedJson(value: unknown): Json {
  const problem = jsonProblem(value)
  if (problem === undefined && fitsInBytes(JSON.stringify(value), LIMITS.messageBytes)) {
    // oxlint-disable-next-line typescript/consistent-type-assertions -- just looked at
    return value as Json
  }
  const message = problem ?? `longer than ${LIMITS.messageBytes} bytes`
  throw new TidingsError('INVALID_INPUT', undefined, { fields: [{ path: 'body.data', message }] })
}
