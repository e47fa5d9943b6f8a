import { hasPassed } from '../../clock.ts'
import type { StoredEvent } from '../../journal/journal.ts'
import { listBehind } from '../../stores/search-document.ts'
import type { Deps } from '../deps.ts'
import type { Breath } from '../jobs.ts'
import { batchesOf, readSteps, writeSteps, type IndexStep, type Portion } from './steps.ts'

/** Between a commit and its indexing, so that what comes in quick succession is done together. */
const GATHER_MS = 300

/** Nobody has written for so long: then nobody does. */
const REST_MS = 250

interface Pace extends Portion {
  /** After each transaction. @default what every job takes */
  readonly pauseMs?: number | undefined
}

/** While nobody writes. */
const AT_REST: Pace = { events: 100, characters: 32_768 }

/**
 * While people write: reading so much, and writing it, each takes about half a millisecond, in which everybody waits; more where a
 * message is long or the index of words puts its parts together. With the pause it is one part in thirty of the time.
 */
const BUSY: Pace = { events: 16, characters: 4096, pauseMs: 40 }

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
  /** Streams that have moved, and behind them those of which something is left. */
  readonly #moved = new Set<number>()
  /** Those whose turn came before it was there: they go before all others. */
  #first: readonly number[] = []
  /** When something was last committed here. */
  #writtenAt = -Infinity
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
    const { machine, jobs, clock } = this.#deps
    this.#writtenAt = clock.now()
    for (const { streamKey, stream } of events)
      if (stream.startsWith('m:')) this.#moved.add(streamKey)
    if (this.#closed || this.#cancelTimer !== undefined || this.#isLevel) return
    this.#cancelTimer = machine.after(GATHER_MS, () => {
      this.#cancelTimer = undefined
      jobs.hurry('search')
    })
  }

  /** Does what is to be done: what has moved here, then whatever nobody has done. */
  async run(breath: Breath): Promise<void> {
    for (;;) {
      if (this.#isLevel) await this.#look()
      const isDone = this.#isLevel && this.#looked === undefined
      if (breath.ended || isDone) return
      if (this.#isLevel) await breath.take()
      else await this.#index(breath)
    }
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
  }

  get #isLevel(): boolean {
    return this.#first.length === 0 && this.#moved.size === 0
  }

  get #isBusy(): boolean {
    return !hasPassed(this.#deps.clock, this.#writtenAt, REST_MS)
  }

  /** Those that have waited longest, one for each event that there is time for. */
  #take(most: number): readonly number[] {
    const some = new Set(this.#first.slice(0, most))
    this.#first = this.#first.slice(most)
    for (const key of this.#moved) {
      if (some.size === most) break
      some.add(key)
      this.#moved.delete(key)
    }
    return [...some]
  }

  #putBack(streamKeys: readonly number[]): void {
    this.#first = [...new Set([...streamKeys, ...this.#first])]
  }

  async #index(breath: Breath): Promise<void> {
    const pace = this.#isBusy ? BUSY : AT_REST
    const streamKeys = this.#take(pace.events)
    try {
      const { steps, untouched, begun } = await readSteps(this.#deps.database, streamKeys, pace)
      this.#putBack(untouched)
      for (const key of begun) {
        this.#moved.delete(key)
        this.#moved.add(key)
      }
      const isAll = await this.#write(batchesOf(steps, pace), pace, breath)
      if (!isAll) this.#putBack(streamKeys)
    } catch (error) {
      this.#putBack(streamKeys)
      throw error
    }
  }

  /** False when somebody has begun to write: what was read for a time of rest is then read anew, less at a time. */
  async #write(
    batches: readonly (readonly IndexStep[])[],
    pace: Pace,
    breath: Breath,
  ): Promise<boolean> {
    if (batches.length === 0) await breath.take()
    for (const batch of batches) {
      if (pace === AT_REST && this.#isBusy) return false
      for (const key of await writeSteps(this.#deps.database, batch)) this.#moved.add(key)
      await breath.take(pace.pauseMs)
      if (breath.ended) return true
    }
    return true
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
