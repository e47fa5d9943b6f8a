import type { Request } from './messages.ts'

/** What tabs have asked this leader for and is not done yet. */
export class Guests {
  readonly #perform: (request: Request, signal: AbortSignal) => Promise<unknown>
  readonly #tabs = new Map<string, Map<number, AbortController>>()

  constructor(perform: (request: Request, signal: AbortSignal) => Promise<unknown>) {
    this.#perform = perform
  }

  /** True for a tab that has asked for something before. */
  has(tab: string): boolean {
    return this.#tabs.has(tab)
  }

  async perform(tab: string, id: number, request: Request): Promise<unknown> {
    const controller = new AbortController()
    const own = this.#tabs.get(tab) ?? new Map<number, AbortController>()
    this.#tabs.set(tab, own)
    own.set(id, controller)
    try {
      return await this.#perform(request, controller.signal)
    } finally {
      own.delete(id)
    }
  }

  /** It is not wanted any more. */
  stop(tab: string, id: number): void {
    this.#tabs.get(tab)?.get(id)?.abort()
  }

  /** The tab is gone. */
  remove(tab: string): void {
    for (const controller of this.#tabs.get(tab)?.values() ?? []) controller.abort()
    this.#tabs.delete(tab)
  }

  clear(): void {
    for (const tab of [...this.#tabs.keys()]) this.remove(tab)
  }
}
