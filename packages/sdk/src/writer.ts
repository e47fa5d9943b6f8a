import { backoffMs } from './backoff.ts'
import type { Environment } from './environment.ts'
import type { ClientStorage, StorageChange } from './storage.ts'

export interface WriterOptions {
  readonly storage: ClientStorage
  readonly environment: Environment
  readonly onError: (thrown: unknown) => void
}

interface Batch {
  readonly changes: StorageChange[]
  readonly settled: (() => void)[]
}

/**
 * Writes batches of changes one after the other; what comes while a write is under way is written together after it. A
 * storage that answers at once is written at once.
 */
export class Writer {
  readonly #options: WriterOptions
  #waiting: Batch | undefined
  #running: Promise<void> | undefined
  #failures = 0
  #endPause: () => void = () => undefined
  #busy = false

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /**
   * `settled` is called once these changes are durable, or the storage has refused them for now: then they are tried
   * again, `onError` has been told, and the program goes on without.
   */
  write(changes: readonly StorageChange[], settled?: () => void): void {
    if (changes.length === 0 && !this.#busy) {
      settled?.()
      return
    }
    this.#waiting ??= { changes: [], settled: [] }
    for (const change of changes) this.#waiting.changes.push(change)
    if (settled !== undefined) this.#waiting.settled.push(settled)
    if (!this.#busy) this.#drain()
  }

  /** Resolves when everything is written, or the storage did not take it. */
  async finish(): Promise<void> {
    this.#endPause()
    await this.#running
  }

  /** Forgets what is waiting and everything that is kept. */
  async clear(): Promise<void> {
    this.#drop()
    await this.finish()
    // What could not be written last waits again.
    this.#drop()
    await this.#options.storage.clear()
  }

  #drop(): void {
    const settled = this.#waiting?.settled ?? []
    this.#waiting = undefined
    for (const run of settled) run()
  }

  #drain(): void {
    this.#busy = true
    for (let batch = this.#take(); batch !== undefined; batch = this.#take()) {
      const written = this.#attempt(batch)
      if (written === undefined) continue
      this.#running = written.then((more) => {
        this.#running = undefined
        this.#busy = false
        if (more && this.#waiting !== undefined) this.#drain()
      })
      return
    }
    this.#busy = false
  }

  /** Undefined when the batch was written at once. */
  #attempt(batch: Batch): Promise<boolean> | undefined {
    try {
      const { changes } = batch
      const written = changes.length === 0 ? undefined : this.#options.storage.write(changes)
      if (written === undefined) {
        this.#written(batch)
        return undefined
      }
      return written.then(
        () => this.#written(batch),
        (thrown: unknown) => this.#failed(batch, thrown),
      )
    } catch (thrown) {
      return this.#failed(batch, thrown)
    }
  }

  #written({ settled }: Batch): boolean {
    this.#failures = 0
    for (const run of settled) run()
    return true
  }

  /** Resolves with false when nobody wants to wait any longer. */
  async #failed({ changes, settled }: Batch, thrown: unknown): Promise<boolean> {
    this.#options.onError(thrown)
    // Ahead of what has come since: a mark must never be kept without what it covers.
    const since = this.#waiting
    this.#waiting = {
      changes: [...changes, ...(since?.changes ?? [])],
      settled: since?.settled ?? [],
    }
    for (const run of settled) run()
    return this.#pause()
  }

  #take(): Batch | undefined {
    const taken = this.#waiting
    this.#waiting = undefined
    return taken
  }

  #pause(): Promise<boolean> {
    const { environment } = this.#options
    const ms = 1_000 + backoffMs(this.#failures, 'later', () => environment.random())
    this.#failures += 1
    return new Promise((resolve) => {
      const cancel = environment.after(ms, () => resolve(true))
      this.#endPause = () => {
        cancel()
        resolve(false)
      }
    })
  }
}
