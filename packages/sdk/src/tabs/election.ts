import type { TabPlatform } from './platform.ts'

export interface ElectionOptions {
  readonly name: string
  readonly locks: TabPlatform['locks']
  /** This tab has the lock. `isFirst`: nobody had it before, nor waits for it. */
  readonly onWon: (isFirst: boolean) => void
  /** Another tab has it, and this one stands in line. */
  readonly onWaiting: () => void
  /** Another tab has stolen it. */
  readonly onLost: () => void
  readonly onError: (thrown: unknown) => void
}

/**
 * Who leads: the tab that has the lock. The browser gives it on when that tab is closed or dies, in the order in which the
 * others have asked for it.
 */
export class Election {
  readonly #options: ElectionOptions
  readonly #left = new AbortController()
  #release: (() => void) | undefined
  #clientId: string | undefined

  constructor(options: ElectionOptions) {
    this.#options = options
  }

  start(): void {
    this.#request({ ifAvailable: true })
  }

  /** Takes the lock from a tab that does not answer. */
  steal(): void {
    this.#request({ steal: true })
  }

  /** Whether nobody has taken the lock without this tab's having noticed it yet. */
  async stillLeads(): Promise<boolean> {
    if (this.#release === undefined) return false
    const holder = await this.#holder()
    return holder !== undefined && holder === this.#clientId
  }

  /** Gives the lock on, or stands in line no longer. */
  leave(): void {
    this.#left.abort()
    this.#release?.()
  }

  /** Calls back when whoever holds a lock of this name is gone. */
  onGone(name: string, run: () => void): void {
    const { locks } = this.#options
    const waiting = locks.request(name, { signal: this.#left.signal }, () => {
      run()
      return Promise.resolve()
    })
    waiting.catch(() => undefined)
  }

  /** Holds a lock for as long as this tab lives. */
  holdOwn(name: string): void {
    const { locks } = this.#options
    const { signal } = this.#left
    const held = locks.request(
      name,
      { signal },
      () => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    )
    held.catch(() => undefined)
  }

  #request(how: { readonly ifAvailable?: true; readonly steal?: true }): void {
    const { locks, name, onWaiting, onLost, onError } = this.#options
    // Neither goes with a signal.
    const isPlain = how.ifAvailable === undefined && how.steal === undefined
    let release: (() => void) | undefined
    const taken = locks.request(name, isPlain ? { signal: this.#left.signal } : how, (isHeld) => {
      if (!isHeld) {
        this.#request({})
        onWaiting()
        return Promise.resolve()
      }
      const released = new Promise<void>((resolve) => {
        release = resolve
        this.#release = resolve
      })
      if (this.#left.signal.aborted) release?.()
      else void this.#won(how.ifAvailable === true)
      return released
    })
    taken.catch((thrown: unknown) => {
      if (this.#left.signal.aborted) return
      if (release === undefined) onError(thrown)
      else if (this.#release === release) {
        this.#release = undefined
        onLost()
        this.#request({})
      }
    })
  }

  async #won(isFirst: boolean): Promise<void> {
    this.#clientId = await this.#holder()
    this.#options.onWon(isFirst)
  }

  async #holder(): Promise<string | undefined> {
    const { locks, name } = this.#options
    const held = await locks.held()
    return held.find((lock) => lock.name === name)?.clientId
  }
}
