import { jsonProblem, TidingsError } from '@tidings/protocol/wire'
import { isRecord } from '../../../record.ts'
import { readJson, type JsonObject } from '../body.ts'
import { partOf, propertiesOf, type JsonSchema } from './json-schema.ts'

/** One request to a procedure. */
export interface RestInput {
  readonly request: Request
  /** What stands in the path, by name. */
  readonly path: Readonly<Record<string, string>>
  readonly hasBody: boolean
}

/**
 * What a procedure is called with: the values of the path, of the query, or of the body, under the names of the procedure's
 * own input. What stands in the path counts.
 *
 * @throws TidingsError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_INPUT
 */
export async function readInput(
  schema: JsonSchema | undefined,
  { request, path, hasBody }: RestInput,
): Promise<unknown> {
  if (schema === undefined) return undefined
  const properties = propertiesOf(schema)
  const given = hasBody ? await readJson(request) : queryOf(request.url, properties)
  const inPath = Object.entries(path).map(
    ([name, text]) => [name, valueOf(text, properties.get(name))] as const,
  )
  if (given !== undefined && !isRecord(given)) return given
  return { ...given, ...Object.fromEntries(inPath) }
}

function queryOf(url: string, properties: ReadonlyMap<string, JsonSchema>): JsonObject {
  const query = new URL(url).searchParams
  const given: Record<string, unknown> = {}
  for (const name of new Set(query.keys())) {
    const property = properties.get(name)
    // As in a body: what a procedure does not know is nothing to it.
    if (property === undefined) continue
    const texts = query.getAll(name)
    const isList = property.type === 'array'
    const values = texts.map((text) => valueOf(text, isList ? partOf(property.items) : property))
    given[name] = isList || values.length > 1 ? values : values[0]
  }
  const problem = jsonProblem(given)
  if (problem === undefined) return given
  throw new TidingsError('INVALID_INPUT', undefined, { fields: [{ path: '', message: problem }] })
}

const NUMBER = /^-?\d{1,16}$/

/** A text of an address as what the property is; one that is not stays a text, which the schema then refuses. */
function valueOf(text: string, property: JsonSchema | undefined): unknown {
  if (property?.type === 'integer' || property?.type === 'number')
    return NUMBER.test(text) ? Number(text) : text
  if (property?.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}
