import { backoffMs } from '../backoff.ts'
import type { Environment } from '../environment.ts'
import { toTidingsError } from '../errors.ts'

export interface RetryOptions {
  readonly environment: Environment
  /** What was asked for could not be had. */
  readonly onError: (thrown: unknown) => void
  readonly ask: () => void
}

/** Asks again for what could not be had, and waits longer each time. */
export class Retry {
  readonly #options: RetryOptions
  #failures = 0
  #cancel: () => void = () => undefined

  constructor(options: RetryOptions) {
    this.#options = options
  }

  /** What cannot pass is told, and not asked for again; without a connection the next one asks by itself. */
  failed(thrown: unknown, isUp: boolean): void {
    const { environment, onError, ask } = this.#options
    onError(thrown)
    if (!isUp || !toTidingsError(thrown).retryable) return
    this.#cancel()
    const ms = 1_000 + backoffMs(this.#failures, 'later', () => environment.random())
    this.#failures += 1
    this.#cancel = environment.after(ms, ask)
  }

  answered(): void {
    this.#failures = 0
  }

  /** There is no connection to ask over any more. */
  down(): void {
    this.#cancel()
  }
}
