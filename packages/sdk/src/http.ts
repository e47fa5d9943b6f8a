import { CLIENT_LIMITS, TidingsError } from '@tidings/protocol/wire'
import type { Environment } from './environment.ts'
import { errorOfStatus, networkError, readError } from './errors.ts'
import { parseJson, unwrap, writeInput, type Call } from './frames.ts'
import { isRecord } from './record.ts'

/** A call, and who makes it. */
export interface HttpCall extends Call {
  readonly token: string | undefined
}

/** The HTTP side of tRPC. Calls made in one turn by one user share a request. */
export interface Http {
  /** @throws TidingsError of the server; NETWORK when there was no answer in time; CLOSED */
  call(call: HttpCall): Promise<unknown>
  /** Fails every call under way with CLOSED, and every later one. */
  close(): void
}

export interface HttpOptions {
  /** Without a slash at its end. */
  readonly url: string
  readonly fetch: typeof fetch
  readonly environment: Environment
  readonly timeoutMs: number
}

interface Waiting {
  readonly call: HttpCall
  /** As it travels. */
  readonly input: string
  readonly resolve: (output: unknown) => void
  readonly reject: (error: TidingsError) => void
}

/** Larger ones go alone, so that no request outgrows what a server takes. */
const SHARED_CHARACTERS = CLIENT_LIMITS.bodyBytes / CLIENT_LIMITS.batchCalls / 4

export function createHttp(options: HttpOptions): Http {
  const closing = new AbortController()
  let waiting: Waiting[] = []
  const flush = (): void => {
    const batches = toBatches(waiting)
    waiting = []
    for (const batch of batches) void run(options, batch, closing.signal)
  }
  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        if (closing.signal.aborted) {
          reject(new TidingsError('CLOSED'))
          return
        }
        const input = writeInput(call.input)
        if (waiting.length === 0) queueMicrotask(flush)
        waiting.push({ call, input, resolve, reject })
      }),
    close: () => closing.abort(),
  }
}

interface Batch {
  readonly token: string | undefined
  readonly items: Waiting[]
  readonly inputs: string[]
}

function toBatches(waiting: readonly Waiting[]): readonly Batch[] {
  const batches: Batch[] = []
  const open = new Map<string | undefined, Batch>()
  for (const item of waiting) {
    const { token } = item.call
    const { input } = item
    const shares = input.length <= SHARED_CHARACTERS
    let batch = shares ? open.get(token) : undefined
    if (batch === undefined || batch.items.length === CLIENT_LIMITS.batchCalls) {
      batch = { token, items: [], inputs: [] }
      batches.push(batch)
      if (shares) open.set(token, batch)
    }
    batch.items.push(item)
    batch.inputs.push(input)
  }
  return batches
}

async function run(options: HttpOptions, batch: Batch, closing: AbortSignal): Promise<void> {
  try {
    const outcomes = await post(options, batch, closing)
    for (const [index, { resolve, reject }] of batch.items.entries()) {
      const outcome = outcomes(index)
      if (outcome instanceof TidingsError) reject(outcome)
      else resolve(outcome.output)
    }
  } catch (thrown) {
    const error = closing.aborted ? new TidingsError('CLOSED') : networkError(thrown)
    for (const { reject } of batch.items) reject(error)
  }
}

/** The outcome of the call at an index. */
type Outcomes = (index: number) => TidingsError | { readonly output: unknown }

/** POST for queries too (`allowMethodOverride`): inputs then have no place in URLs, logs and caches. */
async function post(options: HttpOptions, batch: Batch, closing: AbortSignal): Promise<Outcomes> {
  const { url, fetch, environment, timeoutMs } = options
  const abort = new AbortController()
  const stop = (): void => abort.abort()
  const cancelTimer = environment.after(timeoutMs, stop)
  closing.addEventListener('abort', stop)
  try {
    const paths = batch.items.map(({ call }) => call.path).join(',')
    const response = await fetch(`${url}/${paths}?batch=1`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(batch.token === undefined ? {} : { authorization: `Bearer ${batch.token}` }),
      },
      body: `{${batch.inputs.map((input, index) => `"${index}":${input}`).join(',')}}`,
      signal: abort.signal,
    })
    return readOutcomes(response, parseJson(await response.text()))
  } finally {
    cancelTimer()
    closing.removeEventListener('abort', stop)
  }
}

function readOutcomes(response: Response, answer: unknown): Outcomes {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN) * 1000
  const otherwise = (): TidingsError =>
    errorOfStatus(response.status, Number.isFinite(retryAfter) ? retryAfter : undefined)
  return (index) => {
    const item: unknown = Array.isArray(answer) ? answer[index] : answer
    if (!isRecord(item)) return otherwise()
    if ('error' in item) return readError(unwrap(item['error']))
    const { result } = item
    return isRecord(result) ? { output: unwrap(result['data']) } : otherwise()
  }
}
