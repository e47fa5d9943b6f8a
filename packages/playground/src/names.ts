import type { PublicUser, Readable, TidingsClient } from '@tidings/sdk'
import { Value } from './value.ts'

const UNKNOWN = '…'

/** What users are called. Most names come with conversations and members; whoever has left since is asked for. */
export class Names {
  /** Counts how often a name was learnt. */
  readonly changes: Readable<number>
  readonly #changes = new Value(0)
  readonly #names = new Map<string, string>()
  readonly #asked = new Map<string, Promise<void>>()
  readonly #client: TidingsClient

  constructor(client: TidingsClient) {
    this.changes = this.#changes
    this.#client = client
  }

  learn({ id, username }: PublicUser): void {
    if (this.#names.get(id) === username) return
    this.#names.set(id, username)
    this.#changes.set(this.#changes.get() + 1)
  }

  /** The name, or a placeholder until it is known. */
  of(userId: string): string {
    const name = this.#names.get(userId)
    if (name === undefined) void this.#ask(userId)
    return name ?? UNKNOWN
  }

  /** The name, for what is said once and not shown again; a placeholder when it cannot be had. */
  async find(userId: string): Promise<string> {
    if (!this.#names.has(userId)) await this.#ask(userId)
    return this.#names.get(userId) ?? UNKNOWN
  }

  #ask(userId: string): Promise<void> {
    const asked = this.#asked.get(userId)
    if (asked !== undefined) return asked
    const answered = this.#client.user.get({ userId }).then(
      (user) => this.learn(user),
      // Asked again when it is shown again.
      () => void this.#asked.delete(userId),
    )
    this.#asked.set(userId, answered)
    return answered
  }
}
