import { Hono } from 'hono'
import { JsonText } from '../../../json-text.ts'
import type { Deps } from '../../../services/deps.ts'
import { callProcedure, restProcedures, type RestProcedure } from '../../procedure.ts'
import { errorResponse, toLoggedError } from '../answer.ts'
import { restContexts, type RestContexts, type RestEnv, type RestRequest } from '../context.ts'
import { createExportStream, NDJSON } from './export.ts'
import { inputSchemaOf, type JsonSchema } from './json-schema.ts'
import { readInput } from './read-input.ts'

/** Where the procedures are served over REST. */
export const V1 = '/rest/v1'

/** Every procedure that is no subscription, under the address that it names itself, for clients of any language. */
export function v1Routes(deps: Deps): Hono<RestEnv> {
  const contexts = restContexts(deps)
  const streamExport = createExportStream(deps, contexts)
  const app = new Hono<RestEnv>()
  for (const procedure of fixedFirst(restProcedures())) {
    const path = `${V1}${procedure.path.replace(/\{(\w+)\}/g, ':$1')}`
    const stream = procedure.procedure === 'account.export' ? streamExport : undefined
    app.on(procedure.method, path, serve({ contexts, stream }, procedure))
  }
  return app.onError((thrown) => errorResponse(toLoggedError(deps.log, thrown), (path) => path))
}

/** An address that is spelled out goes before one that has a place for anything. */
function fixedFirst(procedures: readonly RestProcedure[]): readonly RestProcedure[] {
  const isFixed = ({ path }: RestProcedure) => !path.includes('{')
  return [...procedures.filter(isFixed), ...procedures.filter((at) => !isFixed(at))]
}

interface Serving {
  readonly contexts: RestContexts
  /** Answers those who want lines instead of a page. */
  readonly stream: ReturnType<typeof createExportStream> | undefined
}

function serve(
  { contexts, stream }: Serving,
  { procedure, method, isPublic, input }: RestProcedure,
): (c: RestRequest) => Promise<Response> {
  // Made when the first call comes: a start does not wait for it.
  let schema: JsonSchema | undefined
  return async (c) => {
    const context = isPublic ? contexts.anonymous(c) : await contexts.signedIn(c)
    if (input !== undefined) schema ??= inputSchemaOf(input)
    const hasBody = method !== 'GET' && method !== 'DELETE'
    const given = await readInput(schema, { request: c.req.raw, path: c.req.param(), hasBody })
    if (stream !== undefined && c.req.header('accept')?.includes(NDJSON) === true)
      return stream(c, given)
    return answer(
      await callProcedure(context, { path: procedure, input: given, signal: c.req.raw.signal }),
    )
  }
}

function answer(output: unknown): Response {
  if (output === undefined) return new Response(null, { status: 204 })
  if (!(output instanceof JsonText)) return Response.json(output)
  return new Response(output.text, { headers: { 'content-type': 'application/json' } })
}
