import { callTRPCProcedure } from '@trpc/server'
import * as z from 'zod'
import type { Context } from '../rpc/context.ts'
import { HOT_CALLS } from '../rpc/hot-calls.ts'
import { toTidingsError } from '../rpc/errors.ts'
import { appRouter, createCaller } from '../rpc/root.ts'
import type { Meta } from '../rpc/trpc.ts'

/** What the doors need to know of a procedure before they call it. */
interface Procedure {
  readonly _def: {
    readonly type: 'query' | 'mutation' | 'subscription'
    readonly meta?: Meta
    readonly inputs: readonly unknown[]
    readonly output?: unknown
  }
}

/** At run time the router keeps its procedures by their whole paths, whatever its type says. */
const PROCEDURES: ReadonlyMap<string, Procedure> = new Map(
  Object.entries<unknown>(appRouter._def.procedures).flatMap(([path, value]) =>
    isProcedure(value) ? [[path, value] as const] : [],
  ),
)

function isProcedure(value: unknown): value is Procedure {
  return typeof value === 'function' && '_def' in value
}

/** The type of a procedure, or undefined when there is none at the path. */
export function procedureType(path: string): Procedure['_def']['type'] | undefined {
  return PROCEDURES.get(path)?._def.type
}

/** True for a procedure that may be called without signing in. */
export function isPublicProcedure(path: string): boolean {
  return PROCEDURES.get(path)?._def.meta?.public === true
}

/** A procedure that REST serves: where, what it takes and what it answers. */
export interface RestProcedure extends NonNullable<Meta['openapi']> {
  readonly procedure: string
  readonly isPublic: boolean
  /** Undefined for one without input. */
  readonly input: z.ZodType | undefined
  readonly output: z.ZodType
}

/** In the order of the router. */
export function restProcedures(): readonly RestProcedure[] {
  return [...PROCEDURES].flatMap(([procedure, { _def }]) => {
    const { meta, inputs, output } = _def
    const [input] = inputs
    if (meta?.openapi === undefined || !(output instanceof z.ZodType)) return []
    return [
      {
        ...meta.openapi,
        procedure,
        isPublic: meta.public === true,
        input: input instanceof z.ZodType ? input : undefined,
        output,
      },
    ]
  })
}

export { createCaller }
/** Every procedure as a function, in the name of one user or of nobody. */
export type Caller = ReturnType<typeof createCaller>

export interface ProcedureCall {
  readonly path: string
  readonly input: unknown
  readonly signal?: AbortSignal | undefined
}

/**
 * Calls the procedure that a client has named. What it answers may be a `JsonText`: `writeData` of the tRPC door takes both.
 *
 * @throws TidingsError
 */
export async function callProcedure(context: Context, call: ProcedureCall): Promise<unknown> {
  const type = procedureType(call.path)
  if (type === undefined) throw new Error(`there is no procedure ${call.path}`)
  const carryOut = HOT_CALLS.get(call.path)
  try {
    if (carryOut !== undefined) return await carryOut(context, call.input)
    const output: unknown = await callTRPCProcedure({
      router: appRouter,
      path: call.path,
      type,
      getRawInput: () => Promise.resolve(call.input),
      ctx: context,
      signal: call.signal,
      batchIndex: 0,
    })
    return output
  } catch (thrown) {
    throw toTidingsError(thrown)
  }
}
