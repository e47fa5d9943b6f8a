import type { StoredEvent } from '../../journal/journal.ts'
import { listBehind } from '../../stores/search-document.ts'
import type { Deps } from '../deps.ts'
import type { Breath } from '../jobs.ts'
import { batchesOf, readSteps, writeSteps, type Portion } from './steps.ts'

/** Between a commit and its indexing, so that what comes in quick succession is done together. */
const GATHER_MS = 300

/** While nobody writes. */
const AT_REST: Portion = { events: 100, characters: 32_768 }

/** While people write, none of them waits for more than half a millisecond at a time, but for a long message. */
const BUSY: Portion = { events: 16, characters: 4096 }

/** Between two portions while people write: they take one part in thirty of the time. */
const BUSY_MS = 40

/** Looks through all conversations for what nobody has done: a node that died, a version without an index. */
const LOOK_MS = 5 * 60 * 1000

/** Conversations that are looked at together. */
const LOOKED_AT = 200

/**
 * Fills what is searched, behind the commits: it reads streams from where it has got to in each, which is kept with what it
 * has written. After a crash it goes on there, and on Postgres the nodes take turns in a stream. It gives way to people.
 */
export class SearchIndexer {
  readonly #deps: Deps
  #moved = new Set<number>()
  #committed = 0
  /** What `#committed` was before the last portion. */
  #seen = 0
  #cancelTimer: (() => void) | undefined
  #lookAt = 0
  /** How far the look at all conversations has got; undefined while none is under way. */
  #looked: number | undefined
  #closed = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Notes which streams have moved. */
  committed(events: readonly StoredEvent[]): void {
    this.#committed += events.length
    for (const { streamKey, stream } of events)
      if (stream.startsWith('m:')) this.#moved.add(streamKey)
    if (this.#closed || this.#cancelTimer !== undefined || this.#moved.size === 0) return
    const { machine, jobs } = this.#deps
    this.#cancelTimer = machine.after(GATHER_MS, () => {
      this.#cancelTimer = undefined
      jobs.hurry('search')
    })
  }

  /** Does what is to be done: what has moved here, then whatever nobody has done. */
  async run(breath: Breath): Promise<void> {
    for (;;) {
      if (this.#moved.size === 0) await this.#look()
      const isDone = this.#moved.size === 0 && this.#looked === undefined
      if (breath.ended || isDone) return
      if (this.#moved.size === 0) await breath.take()
      else await this.#index(breath)
    }
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
  }

  /** Those that have waited longest, one for each event that there is time for. */
  #take(most: number): readonly number[] {
    const some: number[] = []
    for (const key of this.#moved) {
      if (some.length === most) break
      some.push(key)
      this.#moved.delete(key)
    }
    return some
  }

  async #index(breath: Breath): Promise<void> {
    const { database } = this.#deps
    const isBusy = this.#committed > this.#seen
    this.#seen = this.#committed
    const portion = isBusy ? BUSY : AT_REST
    const streamKeys = this.#take(portion.events)
    try {
      const { steps, left } = await readSteps(database, streamKeys, portion)
      for (const key of left) this.#moved.add(key)
      for (const batch of batchesOf(steps, portion)) {
        for (const key of await writeSteps(database, batch)) this.#moved.add(key)
        await breath.take(isBusy ? BUSY_MS : undefined)
        if (breath.ended) return
      }
    } catch (error) {
      for (const key of streamKeys) this.#moved.add(key)
      throw error
    }
  }

  async #look(): Promise<void> {
    const { database, clock } = this.#deps
    if (this.#looked === undefined && clock.now() < this.#lookAt) return
    const page = { after: this.#looked ?? 0, limit: LOOKED_AT }
    const { streamKeys, last } = await listBehind(database, page)
    for (const key of streamKeys) this.#moved.add(key)
    this.#looked = last
    if (last === undefined) this.#lookAt = clock.now() + LOOK_MS
  }
}
