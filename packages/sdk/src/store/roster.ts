import { CLIENT_LIMITS, type Event, type Member } from '@tidings/protocol/wire'
import { isTidingsError, TidingsError } from '@tidings/protocol/wire'
import type { Environment } from '../environment.ts'
import type { Rpc } from '../rpc.ts'
import type { ClientStorage } from '../storage.ts'
import { allPages } from './asked.ts'
import { keys } from './keys.ts'
import { markMembers, withMembers } from './receipts.ts'
import { Retry } from './retry.ts'
import { conversationIdOf } from './changed.ts'
import type { RowChange } from './rows.ts'
import type { Tables } from './tables.ts'

export interface RosterOptions {
  readonly rpc: Rpc
  readonly tables: Tables
  readonly storage: ClientStorage
  readonly written: () => Promise<void>
  readonly commit: (changes: readonly RowChange[]) => void
  readonly environment: Environment
  /** What was asked for could not be had. What may pass is asked for again. */
  readonly onError: (thrown: unknown) => void
}

/** Has the members at hand of the conversations that are looked at. */
export class Roster {
  readonly #options: RosterOptions
  readonly #watched = new Map<string, number>()
  readonly #asking = new Set<string>()
  readonly #records = new Set<Event[]>()
  /** Present while somebody else has the members at hand: has him look, until the answer is called. */
  watchElsewhere: ((conversationId: string) => () => void) | undefined
  readonly #retry: Retry
  #isUp = false
  /** Answers to an earlier user's questions are dropped. */
  #era = 0

  constructor(options: RosterOptions) {
    this.#options = options
    this.#retry = new Retry({ ...options, ask: () => this.up() })
  }

  /** Somebody looks at them, until the answer is called. */
  watch(conversationId: string): () => void {
    this.#count(conversationId, 1)
    this.look(conversationId)
    const stop = this.watchElsewhere?.(conversationId)
    return () => {
      stop?.()
      this.#count(conversationId, -1)
    }
  }

  /** The conversations that somebody looks at. */
  get watched(): Iterable<string> {
    return this.#watched.keys()
  }

  up(): void {
    this.#isUp = true
    for (const id of this.#watched.keys()) this.look(id)
  }

  down(): void {
    this.#isUp = false
    this.#retry.down()
  }

  clear(): void {
    this.#era += 1
    this.#asking.clear()
    this.#records.clear()
  }

  told(event: Event): void {
    for (const record of this.#records) record.push(event)
  }

  /** Loads them when somebody looks and they are not here. */
  look(conversationId: string): void {
    const { tables } = this.#options
    if (!this.#watched.has(conversationId) || this.#asking.has(conversationId)) return
    if (this.watchElsewhere !== undefined) return
    if (!tables.members.has(conversationId)) void this.#load(conversationId)
  }

  #count(conversationId: string, more: number): void {
    const count = (this.#watched.get(conversationId) ?? 0) + more
    if (count > 0) this.#watched.set(conversationId, count)
    else {
      this.#watched.delete(conversationId)
      this.#options.tables.members.delete(conversationId)
    }
  }

  async #load(conversationId: string): Promise<void> {
    const { tables, commit } = this.#options
    const era = this.#era
    const since: Event[] = []
    this.#asking.add(conversationId)
    this.#records.add(since)
    try {
      const known = await this.#kept(conversationId)
      const members = known ?? (this.#isUp ? await this.#ask(conversationId) : undefined)
      if (era !== this.#era || members === undefined || !this.#watched.has(conversationId)) return
      const changes = this.#adopt(conversationId, members, since)
      if (changes !== undefined) commit(changes)
      this.#retry.answered()
    } catch (thrown) {
      if (era !== this.#era) return
      const isOut = isTidingsError(thrown) && thrown.code === 'NOT_FOUND'
      if (!isOut) this.#retry.failed(thrown, this.#isUp)
      // He may have come back since: the answer is older than that.
      if (!isOut || !since.some((event) => isComing(event, conversationId))) return
    } finally {
      this.#records.delete(since)
      if (era === this.#era) this.#asking.delete(conversationId)
    }
    // Somebody has come meanwhile.
    if (!tables.members.has(conversationId) && this.#isUp) this.look(conversationId)
  }

  #adopt(
    conversationId: string,
    members: readonly Member[],
    since: readonly Event[],
  ): RowChange[] | undefined {
    const { tables } = this.#options
    const own = since.filter((event) => conversationIdOf(event) === conversationId)
    const hasMoved = own.some(({ type }) => type.startsWith('member.') || type === 'group.updated')
    if (hasMoved) return undefined
    const marked = own.reduce(
      (known, event) =>
        event.type === 'receipt.updated' ? markMembers(known, event.body.receipts) : known,
      members,
    )
    const row = tables.conversations.get(conversationId)
    const lowest = row === undefined ? undefined : withMembers(row, marked, tables.userId)
    const change: RowChange = { table: 'members', id: conversationId, row: marked }
    if (lowest === undefined || lowest === row) return [change]
    return [change, { table: 'conversation', id: conversationId, row: lowest }]
  }

  async #kept(conversationId: string): Promise<readonly Member[] | undefined> {
    const { storage, written } = this.#options
    await written()
    const from = keys.members(conversationId)
    const [row] = await storage.read({ from, to: `${from}/` })
    return isMembers(row?.value) ? row.value : undefined
  }

  #ask(conversationId: string): Promise<readonly Member[]> {
    const { rpc } = this.#options
    const limit = CLIENT_LIMITS.pageSize
    return allPages((cursor) => rpc('group.listMembers', { conversationId, cursor, limit }))
  }
}

/** Somebody has come into the conversation: the user himself, if he was out. */
function isComing(event: Event, conversationId: string): boolean {
  const { type } = event
  const isOne = type === 'conversation.added' || type === 'member.joined'
  return isOne && conversationIdOf(event) === conversationId
}

function isMembers(value: unknown): value is readonly Member[] {
  if (value === undefined) return false
  if (Array.isArray(value)) return true
  throw new TidingsError('INTERNAL', 'The storage holds something else than members.')
}
