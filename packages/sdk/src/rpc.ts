import type { AppRouter } from '@tidings/server'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { Call } from './frames.ts'
import { QUERIES, type Path, type Procedures, type Queries } from './procedures.ts'

/**
 * Calls a procedure.
 * @throws TidingsError
 */
export type Rpc = <P extends Path>(
  path: P,
  input: Procedures[P]['input'],
) => Promise<Procedures[P]['output']>

/** Gives a way of sending calls the types of the router. */
export function createRpc(send: (call: Call) => Promise<unknown>): Rpc {
  return async (path, input) => {
    const output = await send({ type: path in QUERIES ? 'query' : 'mutation', path, input })
    if (!isOutputOf(path, output)) throw new TypeError(path)
    return output
  }
}

/** The server checks its own answers against their schemas; checking them again would cost a schema library. */
function isOutputOf<P extends Path>(
  _path: P,
  _output: unknown,
): _output is Procedures[P]['output'] {
  return AGREED
}

type Inputs = inferRouterInputs<AppRouter>
type Outputs = inferRouterOutputs<AppRouter>
type Served = AppRouter['_def']['record']

/** What the server says of the procedure `Noun.Verb`. */
type Of<Router, P extends string> = P extends `${infer Noun}.${infer Verb}`
  ? Noun extends keyof Router
    ? Verb extends keyof Router[Noun]
      ? Router[Noun][Verb]
      : unknown
    : unknown
  : unknown

/** What we send is taken, what it answers is what we say, and both call it a query or both a mutation. */
type Agrees<P extends Path> = [Procedures[P]['input']] extends [Of<Inputs, P>]
  ? [Of<Outputs, P>] extends [Procedures[P]['output']]
    ? Of<Served, P> extends {
        readonly _def: { readonly type: P extends keyof Queries ? 'query' : 'mutation' }
      }
      ? true
      : 'type'
    : 'output'
  : 'input'

type ServedPath = { [Noun in keyof Served]: `${Noun}.${VerbsOf<Noun>}` }[keyof Served]

type VerbsOf<Noun extends keyof Served> = Extract<keyof Served[Noun], string>

type Misdescribed = {
  [P in Path]: Agrees<P> extends true ? never : `${P}: ${Exclude<Agrees<P>, true>}`
}[Path]

type Undescribed = Exclude<ServedPath, Path | 'sync.live'>

/** The compiler names here every procedure that is not the same on the server. */
const AGREED: [Misdescribed, Undescribed] extends [never, never]
  ? true
  : { readonly misdescribed: Misdescribed; readonly undescribed: Undescribed } = true
