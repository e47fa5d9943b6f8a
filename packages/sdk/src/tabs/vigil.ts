import type { Environment } from '../environment.ts'
import type { TabPlatform } from './platform.ts'

export interface VigilOptions {
  readonly environment: Environment
  readonly platform: Pick<TabPlatform, 'isVisible' | 'onVisible'>
  /** Asks the leader for a sign of life. */
  readonly ping: () => void
  /** The leader gives none. */
  readonly onDead: () => void
}

/** A leader who has been asked for something is asked for a sign of life after so long. */
const ANSWER_MS = 500

/** A leader of whom nothing was heard for so long is asked for one, by tabs that somebody looks at. */
const QUIET_MS = 5_000

/** So long he has for it: longer than a busy page takes to draw, short enough that who waits does not despair. */
const PONG_MS = 1_200

/** Of several who wait one should be the first. */
const SPREAD_MS = 200

/**
 * Watches over the leader: one that hangs, or that the browser has frozen, must not keep the others waiting. Neither may
 * this tab's own sleep be held against him.
 */
export class Vigil {
  readonly #options: VigilOptions
  #heardAt = 0
  #isActive = false
  #cancel: () => void = () => undefined
  #stopWatching: () => void = () => undefined

  constructor(options: VigilOptions) {
    this.#options = options
  }

  /** Another tab leads. */
  start(): void {
    this.stop()
    this.#isActive = true
    this.#stopWatching = this.#options.platform.onVisible(() => this.#ping())
    this.heard()
  }

  stop(): void {
    this.#isActive = false
    this.#cancel()
    this.#stopWatching()
  }

  /** Something has come from the leader. */
  heard(): void {
    this.#heardAt = this.#options.environment.now()
    if (this.#isActive) this.#after(QUIET_MS, () => this.#look())
  }

  /** He was asked for something. */
  expect(): void {
    if (this.#isActive) this.#after(ANSWER_MS, () => this.#ping())
  }

  #look(): void {
    if (this.#options.platform.isVisible()) this.#ping()
    else this.#after(QUIET_MS, () => this.#look())
  }

  #ping(): void {
    const { environment, ping, onDead } = this.#options
    const askedAt = environment.now()
    const ms = PONG_MS + environment.random() * SPREAD_MS
    ping()
    this.#after(ms, () => {
      if (this.#heardAt > askedAt) return
      // The page itself was asleep, or busy: what he has said may be about to come.
      if (environment.now() - askedAt > ms + SPREAD_MS) this.#ping()
      else onDead()
    })
  }

  #after(ms: number, run: () => void): void {
    this.#cancel()
    this.#cancel = this.#options.environment.after(ms, () => {
      if (this.#isActive) run()
    })
  }
}
