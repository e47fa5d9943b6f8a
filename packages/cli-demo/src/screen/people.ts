import type { MemberItem, PublicUser, TidingsClient } from '@tidings/sdk'
import { safeLine } from '../words/safe-text.ts'

/** What people are called, learned from whatever mentions them; whoever is missing is looked up once. */
export class People {
  readonly #client: TidingsClient
  readonly #changed: () => void
  readonly #names = new Map<string, string>()
  readonly #asked = new Set<string>()

  constructor(client: TidingsClient, changed: () => void) {
    this.#client = client
    this.#changed = changed
  }

  learn(...users: readonly (PublicUser | null | undefined)[]): void {
    for (const user of users) {
      if (user !== null && user !== undefined) this.#names.set(user.id, safeLine(user.username))
    }
  }

  learnMembers(members: readonly MemberItem[]): void {
    for (const { userId: id, username } of members) this.learn({ id, username })
  }

  /** Safe to show. */
  nameOf(userId: string): string {
    const known = this.#names.get(userId)
    if (known !== undefined) return known
    if (!this.#asked.has(userId)) this.#ask(userId)
    return '…'
  }

  #ask(userId: string): void {
    this.#asked.add(userId)
    this.#client.user.get({ userId }).then(
      ({ username }) => {
        this.learn({ id: userId, username })
        this.#changed()
      },
      // Asked again when he is mentioned again.
      () => this.#asked.delete(userId),
    )
  }
}
