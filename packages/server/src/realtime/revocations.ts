import type { Hub } from './hub.ts'

/** Sessions of one question to the database. */
const MAX_ASKED = 1000

export interface RevocationsOptions {
  readonly hub: Hub
  /** Those of these sessions that have ended. */
  readonly findEnded: (sessionKeys: readonly number[]) => Promise<readonly number[]>
  readonly onFailure: (error: unknown) => void
}

/**
 * Sessions of which another node says that they have ended. The database decides, as ever: a message by itself ends nobody's
 * session. One question is under way at a time, and only for sessions that are connected here, so that it does not matter
 * how often something is said.
 */
export class Revocations {
  readonly #options: RevocationsOptions
  readonly #heard = new Set<number>()
  #asking = false

  constructor(options: RevocationsOptions) {
    this.#options = options
  }

  heard(sessionKeys: readonly number[]): void {
    for (const key of sessionKeys) {
      if (this.#heard.size >= MAX_ASKED) break
      this.#heard.add(key)
    }
    void this.#ask()
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const { hub, findEnded, onFailure } = this.#options
    try {
      // What comes in the same turn is asked together.
      for (await Promise.resolve(); this.#heard.size > 0;) {
        const here = hub.sessionKeys().filter((key) => this.#heard.has(key))
        this.#heard.clear()
        if (here.length > 0) hub.closeSessions(await findEnded(here))
      }
    } catch (error) {
      onFailure(error)
    } finally {
      this.#asking = false
    }
  }
}
