import type { Call } from './frames.ts'
import { isQuery, type Path, type Procedures } from './procedures.ts'

/**
 * Calls a procedure.
 * @throws TidingsError
 */
export type Rpc = <P extends Path>(
  path: P,
  input: Procedures[P]['input'],
  onBeginning?: Call['onBeginning'],
) => Promise<Procedures[P]['output']>

/** Gives a way of sending calls the types of the router. */
export function createRpc(send: (call: Call) => Promise<unknown>): Rpc {
  return (path, input, onBeginning) => {
    const answer = send({ type: isQuery(path) ? 'query' : 'mutation', path, input, onBeginning })
    if (!isAnswerOf(path, answer)) throw new TypeError(path)
    return answer
  }
}

/** The server checks its own answers against their schemas; checking them again would cost a schema library. */
function isAnswerOf<P extends Path>(
  _path: P,
  _answer: Promise<unknown>,
): _answer is Promise<Procedures[P]['output']> {
  return true
}
