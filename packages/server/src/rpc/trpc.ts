import { TidingsError, type MethodNumber } from '@tidings/protocol/wire'
import { initTRPC } from '@trpc/server'
import { addOne } from '../figures.ts'
import type { Actor } from '../services/actor.ts'
import { limitCall } from '../services/call-limit.ts'
import type { Context } from './context.ts'
import { requireGrant, type GrantDemand } from './grant.ts'
import { formatError, toTidingsError, toTrpcError } from './errors.ts'
import { transformer } from './transformer.ts'

/** What a procedure says about itself to the doors, and to OAuth clients. */
export interface Meta extends GrantDemand {
  /** Its number in the numbered protocol. */
  readonly rpc?: MethodNumber
  /** Where REST serves it. */
  readonly openapi?: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
    /** Below `/rest/v1`; a `{name}` is a property of the input. */
    readonly path: `/${string}`
    /** One sentence, for the document and its page. */
    readonly summary: string
  }
  /** Callable without signing in. Set by `publicProcedure` alone. */
  readonly public?: true
}

const t = initTRPC.context<Context>().meta<Meta>().create({
  transformer,
  // Not by NODE_ENV: an error must not carry a stack on anybody's machine.
  isDev: false,
  errorFormatter: formatError,
})

export const router = t.router
export const createCallerFactory = t.createCallerFactory

interface Guarded<Result> {
  readonly ctx: Context
  readonly path: string
  readonly meta?: Meta | undefined
  getRawInput(): Promise<unknown>
  next(): Promise<Result>
}

interface Outcome {
  readonly ok: boolean
  readonly error?: unknown
}

/**
 * The one middleware: a call is charged, and a failure gets its code. One, because every middleware copies the call's
 * options, which is most of what tRPC costs.
 */
async function guard<Result extends Outcome>(options: Guarded<Result>): Promise<Result> {
  const { ctx, path } = options
  charge(ctx)
  addOne(ctx.deps.figures.calls, path)
  if (ctx.actor?.grant !== undefined) await checkGrant(ctx, ctx.actor, options)
  const result = await options.next()
  if (result.ok) return result
  throw toTrpcError(toLoggedFailure(ctx, result.error, path))
}

/** What anybody may call is nothing that a client could do in somebody's name. */
async function checkGrant(
  ctx: Context,
  actor: Actor,
  { path, meta = {}, getRawInput }: Omit<Guarded<unknown>, 'next'>,
): Promise<void> {
  if (meta.public === true) return
  try {
    await requireGrant(actor, meta, getRawInput)
  } catch (thrown) {
    throw toTrpcError(toLoggedFailure(ctx, thrown, path))
  }
}

/**
 * Takes the call off its caller's bucket. Code inside the process (`local`) is trusted not to flood itself.
 * @throws what `toTidingsError` understands: RATE_LIMITED
 */
export function charge({ deps, actor, source }: Context): void {
  if (source.door === 'local') return
  const limited =
    actor === null ? limitCall(deps, source.ip, 'ip') : limitCall(deps, actor.sessionId, 'session')
  if (limited !== undefined) throw toTrpcError(limited)
}

/**
 * What a call has failed with, as its caller may see it. Our own failures are logged with their cause; what a client did
 * wrong is his affair.
 */
export function toLoggedFailure({ deps }: Context, thrown: unknown, path: string): TidingsError {
  const failure = toTidingsError(thrown)
  deps.figures.refusals[failure.code] += 1
  if (failure.code === 'STORAGE_FULL') deps.figures.storageFull = true
  if (failure.code === 'INTERNAL')
    deps.log.error({ err: failure.cause ?? failure, path }, 'a call failed')
  else if (failure.httpStatus >= 500)
    deps.log.warn({ err: failure.cause, code: failure.code, path }, 'a call failed')
  return failure
}

/** Who has signed in. @throws what `toTidingsError` understands: UNAUTHENTICATED */
export function requireActor({ actor, deps }: Context): Actor {
  if (actor !== null) return actor
  deps.figures.refusals.UNAUTHENTICATED += 1
  throw toTrpcError(new TidingsError('UNAUTHENTICATED'))
}

/** For callers who may be nobody. */
export const publicProcedure = t.procedure.meta({ public: true }).use(guard)

/** For signed-in callers: `ctx.actor` is there. */
export const authedProcedure = t.procedure.use<{ actor: Actor }>((options) => {
  if (options.ctx.actor === null) {
    charge(options.ctx)
    requireActor(options.ctx)
  }
  return guard(options)
})
