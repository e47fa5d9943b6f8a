import type { Credentials } from '@tidings/protocol/wire'
import { memoryTokens, type TokenStore } from '../tokens.ts'

/** The sign-in of several tabs: as this tab's own store has it, or as the leader last told, whichever is newer. */
export class SharedTokens implements TokenStore {
  readonly #own: TokenStore
  readonly #onSaved: (credentials: Credentials | undefined) => void
  #told: Credentials | undefined
  #wasTold = false

  constructor(
    own: TokenStore = memoryTokens(),
    onSaved: (credentials: Credentials | undefined) => void,
  ) {
    this.#own = own
    this.#onSaved = onSaved
  }

  /** What the leader has told. */
  hear(credentials: Credentials | undefined): void {
    this.#wasTold = true
    this.#told = credentials
  }

  async load(): Promise<Credentials | undefined> {
    const own = await this.#own.load()
    const told = this.#told
    if (!this.#wasTold) return own
    if (own === undefined || told === undefined || own.user.id !== told.user.id) return told
    // The leader may have renewed it and died before he could tell: a store that tabs share knows.
    return own.accessTokenExpiresAt > told.accessTokenExpiresAt ? own : told
  }

  async save(credentials: Credentials | undefined): Promise<void> {
    if (this.#wasTold) this.#told = credentials
    this.#onSaved(credentials)
    await this.#own.save(credentials)
  }
}
