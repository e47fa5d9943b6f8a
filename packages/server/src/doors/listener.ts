import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { TidingsError } from '@tidings/protocol/wire'
import type { Hono } from 'hono'
import type { Deps } from '../services/deps.ts'
import { answerCors } from './cors.ts'
import type { Metrics } from './metrics.ts'
import { isOriginAllowed, originOf } from './origins.ts'
import { procedureType } from './procedure.ts'
import {
  pathOf,
  refusalOf,
  refusedPathOf,
  setSecurityHeaders,
  type Refusal,
} from './request-guard.ts'
import { methodsByRoute } from './rest/app.ts'
import type { RestEnv } from './rest/context.ts'
import { failure, isSeed001Path } from './seed-001/envelope.ts'
import { sourceOf } from './source.ts'
import type { DoorTimings } from './timings.ts'
import { refuseTrpc, serveTrpc } from './trpc/http.ts'

/** What the HTTP side of the doors is made of. */
export interface ListenerParts {
  readonly deps: Deps
  readonly app: Hono<RestEnv>
  readonly metrics: Metrics
  readonly timings: DoorTimings
}

const TRPC = '/trpc/'

/** The node server: one port for everything, with the limits that Node leaves wide. */
export function createListener(parts: ListenerParts): Server {
  const templateOf = routeNamer(parts.app)
  const rest = getRequestListener(parts.app.fetch, { overrideGlobalObjects: false })
  const limits = {
    headersTimeout: parts.timings.headersMs,
    requestTimeout: parts.timings.requestMs,
    keepAliveTimeout: 60_000,
    // How often the first two are looked at.
    connectionsCheckingInterval: parts.timings.tickMs,
    maxHeaderSize: 16 * 1024,
  }
  const server = createServer(limits, (request, response) => {
    const exchange = { request, response }
    const path = pathOf(request.url ?? '')
    observe(parts, { ...exchange, route: templateOf(path ?? '') })
    setSecurityHeaders(response)
    const refusal = refusalOf(request)
    if (refusal !== undefined) refuse(exchange, refusal)
    else if (answerCors(parts.deps.config, request, response)) return
    else if (!isOriginAllowed(parts.deps.config, originOf(request))) {
      // Its own name may mean this machine, and then its browser asks nobody for leave and lets it read the answer.
      const error = new TidingsError('ORIGIN_REFUSED')
      refuse(exchange, { status: error.httpStatus, error })
    } else if (path?.startsWith(TRPC) === true) void serve(parts, { request, response, path })
    else void rest(request, response)
  })
  // Node would drop what is beyond without a word; counted by the guard instead.
  server.maxHeadersCount = 0
  return server
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function serve(
  { deps }: ListenerParts,
  { request, response, path }: Exchange & { readonly path: string },
): Promise<void> {
  const source = sourceOf(request, deps.config, 'http')
  await serveTrpc({ deps, request, response, source, path: path.slice(TRPC.length) })
}

/** Answers and hangs up: what is still coming in will not be read. */
function refuse({ request, response }: Exchange, { status, error }: Refusal): void {
  const path = refusedPathOf(request.url ?? '')
  response.setHeader('connection', 'close')
  if (path.startsWith(TRPC)) {
    refuseTrpc(response, error)
    return
  }
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  const { code, message, retryable } = error
  const ours = { error: { code, message, retryable } }
  const body = isSeed001Path(path) ? failure(error, status) : ours
  response.end(JSON.stringify(body))
}

/** The access log and the figures, by the route's template: a path may hold ids, and for a WebSocket the ticket. */
function observe(
  { deps, metrics }: ListenerParts,
  { request, response, route }: Exchange & { readonly route: string },
): void {
  const start = performance.now()
  response.once('close', () => {
    const { method = '' } = request
    const status = response.statusCode
    const seconds = (performance.now() - start) / 1000
    metrics.request({ method, route, status, seconds })
    deps.log.info({ method, route, status, ms: Math.round(seconds * 1000) }, 'request')
  })
}

function routeNamer(app: Hono<RestEnv>): (path: string) => string {
  const routes = methodsByRoute(app)
  return (path) => {
    if (path.startsWith(TRPC)) return trpcTemplate(path.slice(TRPC.length))
    return routes.find(({ pattern }) => pattern.test(path))?.template ?? 'unknown'
  }
}

/** A procedure of ours by its name, several as a batch, and nothing that a client has made up. */
function trpcTemplate(path: string): string {
  if (path.includes(',')) return `${TRPC}batch`
  return procedureType(path) === undefined ? 'unknown' : TRPC + path
}
