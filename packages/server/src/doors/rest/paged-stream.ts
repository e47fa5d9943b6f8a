import { toTidingsError } from '../../rpc/errors.ts'
import type { Deps } from '../../services/deps.ts'
import { toLoggedError } from './answer.ts'
import type { RestRequest } from './context.ts'

const encoder = new TextEncoder()

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
  /**
   * Never an empty text: a stream that was given nothing does not ask again.
   * @param over aborted once nobody waits for it any more
   */
  readonly nextPart: (over: AbortSignal) => Promise<Part>
  /** Called once or more when it is over, however. */
  readonly close?: (() => void) | undefined
}

/**
 * The body of such an answer. What fails in the middle of it cannot be told any more: it is cut off, so that nobody takes what
 * he got for the whole.
 */
export function toPagedStream(stream: PagedStream): ReadableStream<Uint8Array> {
  return new ReadableStream(new PagedSource(stream), { highWaterMark: 1 })
}

class PagedSource {
  readonly #stream: PagedStream
  readonly #over = new AbortController()
  #stopWaiting = (): void => undefined

  constructor(stream: PagedStream) {
    this.#stream = stream
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#stopWaiting()
    const { signal } = this.#over
    // Whoever waits for what was cut off makes the stream ask once more.
    if (!signal.aborted) await this.#sendPart(controller, signal).catch(this.#failed)
  }

  /** The client has hung up. */
  cancel(): void {
    this.#stopWaiting()
    this.#over.abort()
    this.#stream.close?.()
  }

  async #sendPart(
    controller: ReadableStreamDefaultController<Uint8Array>,
    over: AbortSignal,
  ): Promise<void> {
    const { deps, nextPart, close } = this.#stream
    const { text, isLast } = await nextPart(over)
    over.throwIfAborted()
    controller.enqueue(encoder.encode(text))
    if (isLast) {
      close?.()
      controller.close()
    } else this.#stopWaiting = deps.machine.after(PATIENCE_MS, this.#cutOff)
  }

  /** Errors of a stream would be written into the answer, and to the standard error, by who passes it on. */
  readonly #failed = (error: unknown): void => {
    // What comes of nobody waiting any more is no failure.
    if (this.#over.signal.aborted) return
    toLoggedError(this.#stream.deps.log, error)
    this.#cutOff()
  }

  readonly #cutOff = (): void => {
    this.cancel()
    this.#stream.request.env.outgoing.destroy()
  }
}

/** What a call in the middle of a stream waits for, and what ends it. */
interface Pace extends Pick<Deps, 'machine'> {
  /** As `nextPart` got it. */
  readonly over: AbortSignal
}

/**
 * A call in the middle of a stream. Nobody is told there to come again: it just takes as long as calls may take.
 * @throws what the call throws, without a time after which it may be repeated, and when the stream is over
 */
export async function paced<T>({ machine, over }: Pace, call: () => Promise<T>): Promise<T> {
  for (;;) {
    over.throwIfAborted()
    try {
      return await call()
    } catch (error) {
      const { retryAfterMs } = toTidingsError(error).details
      if (retryAfterMs === undefined) throw error
      await machine.wait(retryAfterMs)
    }
  }
}
