import type { IncomingMessage, ServerResponse } from 'node:http'
import { isTidingsError, LIMITS, TidingsError } from '@tidings/protocol/wire'
import type { TRPCError } from '@trpc/server'
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http'
import type { TRPCRequestInfo } from '@trpc/server/http'
import type { Context, Source } from '../../rpc/context.ts'
import { toTidingsError, toTrpcError } from '../../rpc/errors.ts'
import { appRouter } from '../../rpc/root.ts'
import type { Actor } from '../../services/actor.ts'
import type { Deps } from '../../services/deps.ts'
import { bearerOf } from '../bearer.ts'
import { isPublicProcedure, procedureType } from '../procedure.ts'
import { retryAfter } from '../rest/answer.ts'
import { writeError } from './frames.ts'

/** A request under `/trpc`, and who sent it. */
export interface TrpcRequest {
  readonly deps: Deps
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** What follows `/trpc/`, decoded. */
  readonly path: string
  readonly source: Source
}

/** Serves tRPC over HTTP: `httpLink`, `httpBatchLink` and `httpBatchStreamLink` of stock clients. */
export async function serveTrpc(call: TrpcRequest): Promise<void> {
  const refusal = refusalOf(call)
  if (refusal !== undefined) {
    refuseTrpc(call.response, refusal)
    return
  }
  await nodeHTTPRequestHandler({
    router: appRouter,
    req: call.request,
    res: call.response,
    // It decodes once more, and would serve what was looked at under another name.
    path: encodeURIComponent(call.path),
    createContext: ({ info }: { readonly info: TRPCRequestInfo }) => createContext(call, info),
    allowMethodOverride: true,
    maxBatchSize: LIMITS.batchCalls,
    maxBodySize: LIMITS.bodyBytes,
    responseMeta: ({ errors }) => ({ headers: retryAfter(longestWait(errors)) }),
  })
}

/** What tRPC lets pass and we do not: other methods, forms and binary bodies, subscriptions. */
function refusalOf({ request, path }: TrpcRequest): TidingsError | undefined {
  const { method } = request
  // It would need the token in its URL, and would be the one connection without limits.
  if (procedureType(path) === 'subscription') {
    return new TidingsError('METHOD_NOT_SUPPORTED', 'Subscriptions are served over WebSocket.')
  }
  if (method === 'GET' || method === 'HEAD') return undefined
  if (method !== 'POST') return new TidingsError('METHOD_NOT_SUPPORTED')
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  return type === 'application/json' ? undefined : new TidingsError('UNSUPPORTED_MEDIA_TYPE')
}

/** An error of the whole request, in the words of tRPC. */
export function refuseTrpc(response: ServerResponse, error: TidingsError): void {
  response.statusCode = error.httpStatus
  response.setHeader('content-type', 'application/json')
  if (error.code === 'METHOD_NOT_SUPPORTED') response.setHeader('allow', 'GET, POST')
  const frame: unknown = JSON.parse(writeError({ id: null }, error))
  response.end(JSON.stringify(withoutId(frame)))
}

function withoutId(frame: unknown): unknown {
  return typeof frame === 'object' && frame !== null && 'error' in frame
    ? { error: frame.error }
    : frame
}

async function createContext(call: TrpcRequest, info: TRPCRequestInfo): Promise<Context> {
  const { deps, request, source } = call
  const token = bearerOf(request)
  const actor = token === undefined ? null : await authenticate(deps, token, info)
  return { deps, actor, source, transport: null }
}

/** An expired token must not keep its owner from the very calls that renew it. */
async function authenticate(
  deps: Deps,
  token: string,
  info: TRPCRequestInfo,
): Promise<Actor | null> {
  try {
    return await deps.auth.authenticate(token)
  } catch (thrown) {
    const error = toTidingsError(thrown)
    if (error.httpStatus === 401 && info.calls.every(({ path }) => isPublicProcedure(path)))
      return null
    throw toTrpcError(error)
  }
}

function longestWait(errors: readonly TRPCError[]): number {
  const waits = errors.map(({ cause }) =>
    isTidingsError(cause) ? (cause.details.retryAfterMs ?? 0) : 0,
  )
  return Math.max(0, ...waits)
}
