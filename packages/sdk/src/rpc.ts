import type { Call } from './frames.ts'
import { QUERIES, type Path, type Procedures } from './procedures.ts'

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
  return <P extends Path>(path: P, input: Procedures[P]['input']) =>
    // The server checks its own answers against their schemas; checking them again would cost a schema library.
    send({ type: path in QUERIES ? 'query' : 'mutation', path, input }) as Promise<
      Procedures[P]['output']
    >
}
