import { toTidingsError } from '../../rpc/errors.ts'
import type { Deps } from '../../services/deps.ts'
import { toLoggedError } from './answer.ts'
import type { RestRequest } from './context.ts'

/** Who does not take what is sent for so long is cut off. */
const PATIENCE_MS = 60_000

/** What is sent at once. */
export interface Part {
  readonly text: string
  readonly isLast: boolean
}

/** An answer that is read from the database as fast as its client takes it. */
export interface PagedStream {
  readonly deps: Deps
  readonly request: RestRequest
  /** Never an empty text: a stream that was given nothing does not ask again. */
  readonly nextPart: () => Promise<Part>
  /** Called once or more when it is over, however. */
  readonly close?: (() => void) | undefined
}

/**
 * The body of such an answer. What fails in the middle of it cannot be told any more: it is cut off, so that nobody takes what
 * he got for the whole.
 */
export function toPagedStream({
  deps,
  request,
  nextPart,
  close = () => undefined,
}: PagedStream): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let stopWaiting = (): void => undefined
  let isCutOff = false
  // Errors of a stream would be written into the answer, and to the standard error, by who passes it on.
  const cutOff = () => {
    isCutOff = true
    close()
    request.env.outgoing.destroy()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        stopWaiting()
        // Whoever waits for what was cut off makes the stream ask once more.
        if (isCutOff) return
        try {
          const { text, isLast } = await nextPart()
          controller.enqueue(encoder.encode(text))
          if (isLast) close()
          if (isLast) controller.close()
          else stopWaiting = deps.machine.after(PATIENCE_MS, cutOff)
        } catch (error) {
          toLoggedError(deps.log, error)
          cutOff()
        }
      },
      cancel() {
        stopWaiting()
        close()
      },
    },
    { highWaterMark: 1 },
  )
}

/**
 * A call in the middle of a stream. Nobody is told there to come again: it just takes as long as calls may take.
 * @throws what the call throws, without a time after which it may be repeated
 */
export async function paced<T>(
  { machine }: Pick<Deps, 'machine'>,
  call: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const { retryAfterMs } = toTidingsError(error).details
      if (retryAfterMs === undefined) throw error
      await machine.wait(retryAfterMs)
    }
  }
}
