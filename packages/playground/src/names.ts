import type { PublicUser, Readable, TidingsClient } from '@tidings/sdk'
import { Value } from './value.ts'

/** What users are called. Most names come with conversations and members; whoever has left since is asked for. */
export class Names {
  /** Counts how often a name was learnt. */
  readonly changes: Readable<number>
  readonly #changes = new Value(0)
  readonly #names = new Map<string, string>()
  readonly #asked = new Set<string>()
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
    if (name === undefined) this.#ask(userId)
    return name ?? '…'
  }

  #ask(userId: string): void {
    if (this.#asked.has(userId)) return
    this.#asked.add(userId)
    this.#client.user.get({ userId }).then(
      (user) => this.learn(user),
      // Asked again when it is shown again.
      () => this.#asked.delete(userId),
    )
  }
}
