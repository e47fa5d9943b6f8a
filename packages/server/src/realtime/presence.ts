import type { Machine } from '../machine.ts'
import { Deadlines } from './deadlines.ts'
import type { Retry } from './retry.ts'

/** A user has come online, or has gone. What one node knows and others may be told. */
export interface PresenceFact {
  readonly userKey: number
  readonly online: boolean
  /** Database time; null while he is online. */
  readonly lastSeenAt: number | null
}

/** Since when a user has no connection, milliseconds before now. */
export interface Departure {
  readonly userKey: number
  readonly agoMs: number
}

export interface PresenceOptions {
  readonly machine: Pick<Machine, 'elapsed' | 'after'>
  /** Who is back within this time was never gone. */
  readonly graceMs: number
  readonly retry: Retry
  /** He has a connection here. */
  isConnected(userKey: number): boolean
  /** Writes when they were last seen. Answers the database's time of each. */
  noteSeen(departures: readonly Departure[]): Promise<ReadonlyMap<number, number>>
  /** The only way out of here: what has changed for users of this node. Called again after a failure. */
  tell(facts: readonly PresenceFact[]): Promise<void>
}

/** Comings and goings are gathered for so long: a thousand reconnects are a few queries. */
const GATHER_MS = 50
/** Users told of at once; further ones wait for the next turn, so that a storm does not hold up the node. */
const TOLD_AT_ONCE = 100
const WRITTEN_AT_ONCE = 1000

/** What is to be told of somebody: that he has come, or that he has gone and not come back in time. */
type Change = 'came' | 'gone'

/**
 * Who is online by a connection to this node. It keeps nothing of those who stay: only who has come and is not yet told,
 * and who has gone and may come back.
 */
export class PresenceTable {
  readonly #options: PresenceOptions
  readonly #grace: Deadlines<number>
  /** Who has no connection and is still online, with the time of his going. */
  readonly #left = new Map<number, number>()
  readonly #waiting = new Map<number, Change>()
  #telling = false
  #held = false

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#grace = new Deadlines({
      ttlMs: options.graceMs,
      machine: options.machine,
      expired: (userKey) => this.#changed(userKey, 'gone'),
    })
  }

  /** His first connection is there. */
  came(userKey: number): void {
    const wasOnline = this.#left.delete(userKey)
    this.#grace.delete(userKey)
    if (!wasOnline || this.#waiting.has(userKey)) this.#changed(userKey, 'came')
  }

  /** His last connection is gone. */
  left(userKey: number): void {
    this.#left.set(userKey, this.#options.machine.elapsed())
    this.#grace.set(userKey)
  }

  isOnline(userKey: number): boolean {
    return this.#left.has(userKey) || this.#options.isConnected(userKey)
  }

  /** Tells nothing any more: the users of a node that stops come back at another. */
  hold(): void {
    this.#held = true
    this.#grace.clear()
    this.#waiting.clear()
  }

  /** Writes when those were last seen who were online to the end. */
  async close(connected: readonly number[]): Promise<void> {
    this.hold()
    const now = this.#options.machine.elapsed()
    const departures = [
      ...connected.map((userKey) => ({ userKey, agoMs: 0 })),
      ...[...this.#left].map(([userKey, at]) => ({ userKey, agoMs: now - at })),
    ]
    this.#left.clear()
    for (let at = 0; at < departures.length; at += WRITTEN_AT_ONCE)
      await this.#options.noteSeen(departures.slice(at, at + WRITTEN_AT_ONCE))
  }

  #changed(userKey: number, change: Change): void {
    if (this.#held) return
    this.#waiting.set(userKey, change)
    this.#gather()
  }

  #gather(): void {
    if (this.#telling || this.#held || this.#waiting.size === 0) return
    this.#telling = true
    this.#options.machine.after(GATHER_MS, () => void this.#turn())
  }

  async #turn(): Promise<void> {
    const changes = [...this.#waiting].slice(0, TOLD_AT_ONCE)
    for (const [userKey] of changes) this.#waiting.delete(userKey)
    const came = changes.filter(([, change]) => change === 'came').map(([userKey]) => userKey)
    const gone = changes.filter(([, change]) => change === 'gone').map(([userKey]) => userKey)
    const facts = [...came.map(toOnline), ...(await this.#letGo(gone))]
    if (facts.length > 0 && !this.#held) await this.#options.retry(() => this.#options.tell(facts))
    this.#telling = false
    this.#gather()
  }

  /** They stay online until it is written when they were last seen; who comes back meanwhile was never gone. */
  async #letGo(userKeys: readonly number[]): Promise<readonly PresenceFact[]> {
    if (userKeys.length === 0) return []
    const { machine, retry } = this.#options
    const leftAt = new Map(userKeys.map((userKey) => [userKey, this.#left.get(userKey)]))
    const seen = await retry(() => {
      const now = machine.elapsed()
      const departures = [...leftAt].map(([userKey, at = now]) => ({ userKey, agoMs: now - at }))
      return this.#options.noteSeen(departures)
    })
    const facts: PresenceFact[] = []
    for (const [userKey, at] of leftAt) {
      if (at === undefined || this.#left.get(userKey) !== at) continue
      this.#left.delete(userKey)
      facts.push({ userKey, online: false, lastSeenAt: seen?.get(userKey) ?? null })
    }
    return facts
  }
}

function toOnline(userKey: number): PresenceFact {
  return { userKey, online: true, lastSeenAt: null }
}
