import * as protocol from '@tidings/protocol'
import { ERRORS, isErrorCode, type ErrorCode } from '@tidings/protocol/wire'
import * as z from 'zod'
import { restProcedures, type RestProcedure } from '../../procedure.ts'
import { bare, inputSchemaOf, propertiesOf, requiredOf, type JsonSchema } from './json-schema.ts'

/** Anything that stands in the document. */
type Node = Readonly<Record<string, unknown>>

/** One operation of the document, as far as its page shows it. */
export interface DocumentOperation {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly isPublic: boolean
  readonly parameters: readonly DocumentParameter[]
  /** Undefined when there is no body. */
  readonly body: JsonSchema | undefined
  /** Undefined when nothing is answered. */
  readonly answer: JsonSchema | undefined
}

/** A value of the path or of the query. */
export interface DocumentParameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly schema: JsonSchema
}

/** What can be asked over REST, and the schemas that answers refer to by name. */
export interface RestContract {
  readonly operations: readonly DocumentOperation[]
  readonly schemas: Readonly<Record<string, JsonSchema>>
}

const COMPONENTS = '#/components/schemas/'

/** Made of the router and of the schemas of the protocol, which are named as they are exported. */
export function restContract(): RestContract {
  const procedures = restProcedures()
  const names = z.registry<{ id: string }>()
  for (const [name, schema] of Object.entries<unknown>(protocol))
    if (name.endsWith('Schema') && schema instanceof z.ZodType && !names.has(schema))
      names.add(schema, { id: componentName(name) })
  const components = new Set([...names._idmap.keys()])
  for (const { procedure, output } of procedures)
    if (!names.has(output)) names.add(output, { id: procedure })
  const made = z.toJSONSchema(names, { unrepresentable: 'any', uri: (id) => `${COMPONENTS}${id}` })
  const schemas = Object.entries(made.schemas).map(
    ([id, { '~standard': _, ...schema }]): [string, JsonSchema] => [id, bare(schema)],
  )
  const named = new Map(schemas)
  const answerOf = ({ procedure, output }: RestProcedure): JsonSchema => {
    const id = names.get(output)?.id ?? procedure
    return components.has(id) ? { $ref: `${COMPONENTS}${id}` } : (named.get(id) ?? {})
  }
  return {
    operations: procedures.map((procedure) => operationOf(procedure, answerOf(procedure))),
    schemas: Object.fromEntries(schemas.filter(([id]) => components.has(id))),
  }
}

/** `messagePageSchema` describes a `MessagePage`. */
function componentName(exported: string): string {
  const name = exported.slice(0, -'Schema'.length)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function operationOf(
  { procedure, method, path, summary, isPublic, input, output }: RestProcedure,
  whatIsAnswered: JsonSchema,
): DocumentOperation {
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))
  const schema = input === undefined ? undefined : inputSchemaOf(input)
  const properties = schema === undefined ? [] : [...propertiesOf(schema)]
  const hasBody = method !== 'GET' && method !== 'DELETE'
  const required = schema === undefined ? new Set<string>() : requiredOf(schema)
  const parameters = properties
    .filter(([name]) => inPath.has(name) || !hasBody)
    .map(([name, property]) => ({
      name,
      in: inPath.has(name) ? ('path' as const) : ('query' as const),
      required: inPath.has(name) || required.has(name),
      schema: property,
    }))
  const body = hasBody && schema !== undefined ? withoutProperties(schema, inPath) : undefined
  const answer = output instanceof z.ZodVoid ? undefined : whatIsAnswered
  return { operationId: procedure, method, path, summary, isPublic, parameters, body, answer }
}

/** What is left for the body when some properties stand in the path; undefined when that is nothing. */
function withoutProperties(schema: JsonSchema, names: ReadonlySet<string>): JsonSchema | undefined {
  if (names.size === 0) return schema
  const rest = Object.entries(schema.properties ?? {}).filter(([name]) => !names.has(name))
  if (rest.length === 0) return undefined
  return {
    ...schema,
    properties: Object.fromEntries(rest),
    required: (schema.required ?? []).filter((name) => !names.has(name)),
  }
}

/** What the document says of the server that serves it. */
export interface DocumentInfo {
  /** Where the procedures are reached. */
  readonly url: string
}

/** The OpenAPI 3.1 document of everything below `/rest/v1`. */
export function openApiDocument({ url }: DocumentInfo): Node {
  const { operations, schemas } = restContract()
  const paths: Record<string, Record<string, Node>> = {}
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {})
    path[operation.method.toLowerCase()] = operationNode(operation)
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tidings',
      version: String(protocol.PROTOCOL_VERSION),
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    security: [{ accessToken: [] }],
    tags: [...new Set(operations.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
      schemas: { ...schemas, Error: errorSchema() },
      responses: {
        Error: { description: 'Refused or failed.', ...json({ $ref: `${COMPONENTS}Error` }) },
      },
    },
  }
}

const DESCRIPTION =
  'Every procedure of the server but the live subscription, generated from the router. Times are milliseconds since 1970. ' +
  'A call whose error says "retryable" may be repeated; sends carry a clientMessageId so that a repeat is harmless.'

/** The noun that an operation is about. */
export function tagOf({ operationId }: DocumentOperation): string {
  return operationId.split('.')[0] ?? operationId
}

function operationNode(operation: DocumentOperation): Node {
  const { operationId, summary, isPublic, parameters, body, answer } = operation
  const success =
    answer === undefined
      ? { 204: { description: 'Done.' } }
      : { 200: { description: 'Done.', ...json(answer) } }
  return {
    operationId,
    summary,
    tags: [tagOf(operation)],
    ...(isPublic ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: needsBody(body), ...json(body) } }),
    responses: { ...success, default: { $ref: '#/components/responses/Error' } },
  }
}

function needsBody(schema: JsonSchema): boolean {
  return schema.type !== 'object' || requiredOf(schema).size > 0
}

function json(schema: JsonSchema): Node {
  return { content: { 'application/json': { schema } } }
}

/** The codes are closed: a client may switch over them. */
function errorSchema(): JsonSchema {
  const codes: ErrorCode[] = Object.keys(ERRORS).filter(isErrorCode)
  const properties: Record<string, JsonSchema> = {
    code: { type: 'string', enum: codes },
    message: { type: 'string' },
    retryable: { type: 'boolean' },
    retryAfterMs: { type: 'integer' },
    fields: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'message'],
      },
    },
  }
  const error: JsonSchema = {
    type: 'object',
    properties,
    required: ['code', 'message', 'retryable'],
  }
  return { type: 'object', properties: { error }, required: ['error'] }
}
