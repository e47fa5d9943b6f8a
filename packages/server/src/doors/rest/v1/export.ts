import { LIMITS, TidingsError } from '@tidings/protocol/wire'
import { isRecord } from '../../../record.ts'
import type { Deps } from '../../../services/deps.ts'
import { callProcedure } from '../../procedure.ts'
import type { RestContexts, RestRequest } from '../context.ts'
import { paced, toPagedStream, type PagedStream } from '../paged-stream.ts'

/** The media type of JSON, one value a line. */
export const NDJSON = 'application/x-ndjson'

/** Exports of one node at once, each of another user: each holds a page in memory. */
const AT_ONCE = 8

/** A page of `account.export`, as far as it is passed on. */
interface Page {
  readonly items: readonly unknown[]
  readonly next: string | null
}

/**
 * An export as one stream of lines, read from the database as fast as the client takes it. Every page is a call of its own:
 * it is charged, and made by a session that must not have ended. The last line is `{"type":"end"}`; where it is missing,
 * something has come between.
 */
export function createExportStream(
  deps: Deps,
  contexts: RestContexts,
): (request: RestRequest, input: unknown) => Promise<Response> {
  const open = new Set<number>()
  return async (request, input) => {
    const { actor } = await contexts.signedIn(request)
    if (actor === null) throw new TidingsError('UNAUTHENTICATED')
    const { userKey } = actor
    if (open.size >= AT_ONCE || open.has(userKey))
      throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs: 5000 })
    open.add(userKey)
    const close = once(() => open.delete(userKey))
    const ask = pageAsker({ deps, contexts, request, input })
    try {
      // The first page decides whether there is anything to stream: a refusal has its own status.
      const first = await ask(undefined)
      const body = toPagedStream({ deps, request, nextPart: partReader(first, ask), close })
      return new Response(body, { headers: { 'content-type': NDJSON } })
    } catch (error) {
      close()
      throw error
    }
  }
}

type Ask = (cursor: string | undefined, over?: AbortSignal) => Promise<Page>

interface Asking {
  readonly deps: Deps
  readonly contexts: RestContexts
  readonly request: RestRequest
  readonly input: unknown
}

function pageAsker({ deps, contexts, request, input }: Asking): Ask {
  const { machine } = deps
  const ask: Ask = async (cursor) => {
    const context = await contexts.signedIn(request)
    const page = { ...(isRecord(input) && input), cursor, limit: LIMITS.pageSize }
    const output = await callProcedure(context, { path: 'account.export', input: page })
    if (!isPage(output)) throw new Error('not a page of an export')
    return output
  }
  return (cursor, over) =>
    over === undefined ? ask(cursor) : paced({ machine, over }, () => ask(cursor))
}

/** Reads on until there is something to send. */
function partReader(first: Page, ask: Ask): PagedStream['nextPart'] {
  let page: Page | undefined = first
  let cursor: string | undefined
  return async (over) => {
    for (;;) {
      const { items, next } = page ?? (await ask(cursor, over))
      page = undefined
      cursor = next ?? undefined
      const isLast = next === null
      const lines = [...items, ...(isLast ? [{ type: 'end' }] : [])]
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      if (text !== '') return { text, isLast }
    }
  }
}

function isPage(output: unknown): output is Page {
  return isRecord(output) && 'items' in output && 'next' in output
}

function once(run: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) run()
    isDone = true
  }
}
