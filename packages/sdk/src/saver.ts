import { backoffMs } from './backoff.ts'
import type { Environment } from './environment.ts'
import type { SyncChange, SyncStorage } from './storage.ts'

export interface SaverOptions {
  readonly storage: SyncStorage
  readonly environment: Environment
  readonly onError: (thrown: unknown) => void
}

/** Saves changes one after the other; what comes while a save is under way is saved together after it. */
export class Saver {
  readonly #options: SaverOptions
  #waiting: SyncChange | undefined
  #running: Promise<void> | undefined
  #failures = 0
  #endPause: () => void = () => undefined

  constructor(options: SaverOptions) {
    this.#options = options
  }

  save(change: SyncChange): void {
    this.#waiting = this.#waiting === undefined ? change : merge(this.#waiting, change)
    this.#running ??= this.#run()
  }

  /** Resolves when everything is saved, or the storage did not take it. */
  async finish(): Promise<void> {
    this.#endPause()
    await this.#running
  }

  /** Forgets what is waiting and everything that was kept. */
  async clear(): Promise<void> {
    this.#waiting = undefined
    await this.finish()
    // What could not be saved last waits again.
    this.#waiting = undefined
    await this.#options.storage.clear()
  }

  async #run(): Promise<void> {
    for (let change = this.#take(); change !== undefined; change = this.#take()) {
      try {
        await this.#options.storage.save(change)
        this.#failures = 0
      } catch (thrown) {
        this.#options.onError(thrown)
        // Ahead of what has come since: a mark must never be kept without what it covers.
        this.#waiting = this.#waiting === undefined ? change : merge(change, this.#waiting)
        if (await this.#pause()) break
      }
    }
    this.#running = undefined
  }

  #take(): SyncChange | undefined {
    const taken = this.#waiting
    this.#waiting = undefined
    return taken
  }

  /** Resolves with true when nobody wants to wait any longer. */
  #pause(): Promise<boolean> {
    const { environment } = this.#options
    const ms = 1_000 + backoffMs(this.#failures, 'later', () => environment.random())
    this.#failures += 1
    return new Promise((resolve) => {
      const cancel = environment.after(ms, () => resolve(false))
      this.#endPause = () => {
        cancel()
        resolve(true)
      }
    })
  }
}

function merge(earlier: SyncChange, later: SyncChange): SyncChange {
  return {
    userId: later.userId,
    mark: later.mark ?? earlier.mark,
    positions: new Map([...earlier.positions, ...later.positions]),
    events: [...earlier.events, ...later.events],
  }
}
