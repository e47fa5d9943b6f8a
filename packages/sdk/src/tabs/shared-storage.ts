import { memoryStorage, type ClientStorage, type KeyRange, type StoredRow } from '../storage.ts'
import type { Reign } from './messages.ts'

/** The row that says how far what is kept has got, and by whom. */
const KEY = 'leader'

/** How far what is kept has got. */
export interface Progress {
  readonly reign: number
  readonly revision: number
}

export interface SharedStorageOptions {
  /** Whether this tab keeps what is known; otherwise the leader is asked. */
  readonly isKeeping: () => boolean
  readonly stillLeads: () => Promise<boolean>
  readonly ask: (range: KeyRange) => Promise<unknown>
  readonly revision: () => number
}

/**
 * The storage of several tabs: only the leader writes, and says with each write how far it has got; the others read by
 * asking him, so that it makes no difference whether they have the same storage.
 */
export class SharedStorage implements ClientStorage {
  readonly #own: ClientStorage
  readonly #options: SharedStorageOptions
  #reign: Reign | undefined

  constructor(own: ClientStorage = memoryStorage(), options: SharedStorageOptions) {
    this.#own = own
    this.#options = options
  }

  /** This tab keeps what is known from now on. */
  begin(reign: Reign): void {
    this.#reign = reign
  }

  /** How far what is kept here has got; undefined when it was not kept by tabs. */
  async progress(): Promise<Progress | undefined> {
    const [row] = await this.#own.read({ from: KEY, to: `${KEY}/` })
    return isProgress(row?.value) ? row.value : undefined
  }

  async read(range: KeyRange): Promise<readonly StoredRow[]> {
    if (this.#options.isKeeping()) return this.#own.read(range)
    const rows = await this.#options.ask(range)
    return isRows(rows) ? rows : []
  }

  async write(changes: Parameters<ClientStorage['write']>[0]): Promise<void> {
    const { isKeeping, stillLeads, revision } = this.#options
    if (!isKeeping() || this.#reign === undefined) return
    const value: Progress = { reign: this.#reign.number, revision: revision() }
    // One who was frozen or busy while another took over must not overwrite what that one has kept. What he would have
    // kept comes from there, and what was asked of him is asked again.
    if (await stillLeads()) await this.#own.write([...changes, { kind: 'put', key: KEY, value }])
  }

  async clear(): Promise<void> {
    if (this.#options.isKeeping()) await this.#own.clear()
  }

  async close(): Promise<void> {
    await this.#own.close?.()
  }
}

function isProgress(value: unknown): value is Progress {
  return typeof value === 'object' && value !== null && 'reign' in value && 'revision' in value
}

/** The leader answers what its storage does. */
function isRows(rows: unknown): rows is readonly StoredRow[] {
  return Array.isArray(rows)
}
