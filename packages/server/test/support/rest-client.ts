import { isRecord } from '../../src/record.ts'
import type { TestServer } from './test-server.ts'

/** What the document says of one operation, as far as a client needs it. */
interface Operation {
  readonly method: string
  readonly path: string
  readonly inPath: ReadonlySet<string>
  readonly hasBody: boolean
}

/** What came of a call. */
export interface RestAnswer {
  /** `ok`, or the code of the refusal. */
  readonly outcome: string
  readonly status: number
  readonly text: string
  readonly result: unknown
}

interface Document {
  readonly paths: Record<string, Record<string, DocumentOperation>>
}

interface DocumentOperation {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: unknown
}

/** Knows nothing but the server's OpenAPI document, as a client of another language does. */
export class RestClient {
  readonly #url: string
  readonly #operations: ReadonlyMap<string, Operation>

  private constructor(url: string, operations: ReadonlyMap<string, Operation>) {
    this.#url = url
    this.#operations = operations
  }

  static async open({ url }: Pick<TestServer, 'url'>): Promise<RestClient> {
    const response = await fetch(`${url}/openapi.json`)
    const { paths } = (await response.json()) as Document
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, parameters = [], requestBody }]) => {
        const inPath = new Set(parameters.filter((at) => at.in === 'path').map(({ name }) => name))
        const hasBody = requestBody !== undefined
        return [operationId, { method: method.toUpperCase(), path, inPath, hasBody }] as const
      }),
    )
    return new RestClient(`${url}/rest/v1`, new Map(operations))
  }

  has(operationId: string): boolean {
    return this.#operations.has(operationId)
  }

  async call(operationId: string, input: unknown, token?: string): Promise<RestAnswer> {
    const operation = this.#operations.get(operationId)
    if (operation === undefined) throw new Error(`the document has no ${operationId}`)
    const response = await fetch(this.#addressOf(operation, input), {
      method: operation.method,
      headers: {
        ...(operation.hasBody ? { 'content-type': 'application/json' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(operation.hasBody ? { body: JSON.stringify(bodyOf(operation, input)) } : {}),
    })
    const text = await response.text()
    const body = (text === '' ? undefined : JSON.parse(text)) as
      { error?: { code: string } } | undefined
    const outcome = response.ok ? 'ok' : (body?.error?.code ?? `${response.status} without a code`)
    return { outcome, status: response.status, text, result: body }
  }

  #addressOf({ path, inPath, hasBody }: Operation, input: unknown): string {
    const given = isRecord(input) ? input : {}
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(given[name])),
    )
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(given))
      if (!hasBody && !inPath.has(name) && value !== undefined)
        for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one))
    const text = query.toString()
    return `${this.#url}${filled}${text === '' ? '' : `?${text}`}`
  }
}

function bodyOf({ inPath }: Operation, input: unknown): unknown {
  if (!isRecord(input)) return input
  return Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.has(name)))
}
