import { appRouter } from '../../src/rpc/root.ts'
import type { Meta } from '../../src/rpc/trpc.ts'
import type { Person } from '../contract/person.ts'
import type { TestServer } from '../support/test-server.ts'

interface Procedure {
  readonly _def: { readonly type: 'query' | 'mutation' | 'subscription'; readonly meta?: Meta }
}

/** At run time the router keeps its procedures by their whole paths, whatever its type says. */
export const PROCEDURES: ReadonlyMap<string, Procedure> = new Map(
  Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>),
)

/** What came over HTTP, without a client in between. */
export interface HttpAnswer {
  /** `ok`, or the code of the refusal. */
  readonly outcome: string
  readonly status: number
  readonly text: string
  readonly result: unknown
}

/** One call of tRPC over HTTP, with an input that need not be one. */
export async function byHttp(
  { url }: Pick<TestServer, 'url'>,
  call: { readonly path: string; readonly input: unknown; readonly person: Person | undefined },
): Promise<HttpAnswer> {
  const isQuery = PROCEDURES.get(call.path)?._def.type === 'query'
  const json = call.input === undefined ? undefined : JSON.stringify({ json: call.input })
  const query = isQuery && json !== undefined ? `?input=${encodeURIComponent(json)}` : ''
  const token = call.person?.accessToken
  const response = await fetch(`${url}/trpc/${call.path}${query}`, {
    method: isQuery ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(isQuery ? {} : { body: json ?? '' }),
  })
  const text = await response.text()
  // A head that is too large is answered without a body.
  const body = JSON.parse(text === '' ? '{}' : text) as {
    result?: { data?: { json: unknown } }
    error?: { data?: { code: string }; code?: string; json?: { data: { code: string } } }
  }
  const code = body.error?.data?.code ?? body.error?.json?.data.code ?? body.error?.code
  const outcome = code ?? (response.ok ? 'ok' : `${response.status} without a code`)
  return { outcome, status: response.status, text, result: body.result?.data?.json }
}
