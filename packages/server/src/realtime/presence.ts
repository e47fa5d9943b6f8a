import type { Machine } from '../machine.ts'
import { Deadlines } from './deadlines.ts'
import type { Retry } from './retry.ts'

/** A user has come online, or has gone: what the connections of a node are told. */
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

/** The other nodes, as far as presence knows them. */
export interface OtherNodes {
  /** He is online at another node. */
  has(userKey: number): boolean
  /** He is online here now, or is not any more; with the database's time at which he was last seen. */
  tell(userKey: number, lastSeenAt: number | null): void
}

export interface PresenceOptions {
  readonly machine: Pick<Machine, 'elapsed' | 'after'>
  /** Who is back within this time was never gone. */
  readonly graceMs: number
  readonly retry: Retry
  /** Left out on a node that is alone. */
  readonly others?: OtherNodes | undefined
  /** He has a connection here. */
  isConnected(userKey: number): boolean
  /** Writes when they were last seen. Answers the database's time of each. */
  noteSeen(departures: readonly Departure[]): Promise<ReadonlyMap<number, number>>
  /** When those were last seen whose going nobody has told us. */
  readSeen(userKeys: readonly number[]): Promise<ReadonlyMap<number, number>>
  /** The only way out to the connections of this node. Called again after a failure. */
  tell(facts: readonly PresenceFact[]): Promise<void>
}

/** Comings and goings are gathered for so long: a thousand reconnects are a few queries. */
const GATHER_MS = 50
/** Users told of at once; further ones wait for the next turn, so that a storm does not hold up the node. */
const TOLD_AT_ONCE = 100
const WRITTEN_AT_ONCE = 1000

/**
 * Who is online, at this node or elsewhere. It keeps nothing of those who stay: only who has come or gone and is not yet
 * told, and who has gone and may come back.
 *
 * He is online while he is here (a connection, or less than the grace ago) or elsewhere. What is told is the change of
 * both together, and each place where one of them changes looks at the other in the same step: so each change is told
 * once, whichever of them comes first.
 */
export class PresenceTable {
  readonly #options: PresenceOptions
  readonly #grace: Deadlines<number>
  /** Who has no connection and is still here, with the time of his going. */
  readonly #left = new Map<number, number>()
  /** Those of them whose grace is over: it is to be written when they were last seen. */
  readonly #due = new Set<number>()
  /** Whose state has changed and is to be told, and when he was last seen, if that is known. */
  readonly #changed = new Map<number, number | null>()
  #telling = false
  #held = false

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#grace = new Deadlines({
      ttlMs: options.graceMs,
      machine: options.machine,
      expired: (userKey) => {
        this.#due.add(userKey)
        this.#gather()
      },
    })
  }

  /** His first connection is there. */
  came(userKey: number): void {
    const wasHere = this.#left.delete(userKey)
    this.#grace.delete(userKey)
    this.#due.delete(userKey)
    if (wasHere) return
    const { others } = this.#options
    others?.tell(userKey, null)
    if (others?.has(userKey) !== true) this.#change(userKey, null)
  }

  /** His last connection is gone. */
  left(userKey: number): void {
    this.#left.set(userKey, this.#options.machine.elapsed())
    this.#grace.set(userKey)
  }

  /** Another node has him now, or none has him any more; `lastSeenAt` is null where nobody has said. */
  changedElsewhere(userKey: number, lastSeenAt: number | null): void {
    if (!this.isHere(userKey)) this.#change(userKey, lastSeenAt)
  }

  isOnline(userKey: number): boolean {
    return this.isHere(userKey) || this.#options.others?.has(userKey) === true
  }

  /** By a connection to this node, or one that was there a moment ago. */
  isHere(userKey: number): boolean {
    return this.#left.has(userKey) || this.#options.isConnected(userKey)
  }

  /** Those who have no connection and are still here. */
  leaving(): Iterable<number> {
    return this.#left.keys()
  }

  /** Tells nothing any more: the users of a node that stops come back at another. */
  hold(): void {
    this.#held = true
    this.#grace.clear()
    this.#due.clear()
    this.#changed.clear()
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

  #change(userKey: number, lastSeenAt: number | null): void {
    if (this.#held) return
    this.#changed.set(userKey, lastSeenAt)
    this.#gather()
  }

  #gather(): void {
    if (this.#telling || this.#held || this.#due.size + this.#changed.size === 0) return
    this.#telling = true
    this.#options.machine.after(GATHER_MS, () => void this.#turn())
  }

  async #turn(): Promise<void> {
    await this.#letGo(firstOf(this.#due))
    const keys = firstOf(this.#changed.keys())
    const facts = keys.map((userKey) => this.#factOf(userKey))
    for (const userKey of keys) this.#changed.delete(userKey)
    if (facts.length > 0 && !this.#held) await this.#tell(facts)
    this.#telling = false
    this.#gather()
  }

  /** As it is now: of two changes of one user the last is told. */
  #factOf(userKey: number): PresenceFact {
    const online = this.isOnline(userKey)
    const lastSeenAt = online ? null : (this.#changed.get(userKey) ?? null)
    return { userKey, online, lastSeenAt }
  }

  async #tell(facts: readonly PresenceFact[]): Promise<void> {
    const { retry } = this.#options
    const unknown = facts.filter(({ online, lastSeenAt }) => !online && lastSeenAt === null)
    const seen =
      unknown.length === 0
        ? undefined
        : await retry(() => this.#options.readSeen(unknown.map(({ userKey }) => userKey)))
    const whole = facts.map((fact) =>
      fact.online
        ? fact
        : { ...fact, lastSeenAt: fact.lastSeenAt ?? seen?.get(fact.userKey) ?? null },
    )
    await retry(() => this.#options.tell(whole))
  }

  /** They stay until it is written when they were last seen; who comes back meanwhile was never gone. */
  async #letGo(userKeys: readonly number[]): Promise<void> {
    if (userKeys.length === 0) return
    for (const userKey of userKeys) this.#due.delete(userKey)
    const { machine, retry, others } = this.#options
    const leftAt = new Map(userKeys.map((userKey) => [userKey, this.#left.get(userKey)]))
    const seen = await retry(() => {
      const now = machine.elapsed()
      const departures = [...leftAt].map(([userKey, at = now]) => ({ userKey, agoMs: now - at }))
      return this.#options.noteSeen(departures)
    })
    if (this.#held) return
    for (const [userKey, at] of leftAt) {
      if (at === undefined || this.#left.get(userKey) !== at) continue
      this.#left.delete(userKey)
      const lastSeenAt = seen?.get(userKey) ?? null
      others?.tell(userKey, lastSeenAt)
      if (others?.has(userKey) !== true) this.#change(userKey, lastSeenAt)
    }
  }
}

/** As many as are told at once. */
function firstOf(userKeys: Iterable<number>): number[] {
  const first: number[] = []
  for (const userKey of userKeys) {
    if (first.length === TOLD_AT_ONCE) break
    first.push(userKey)
  }
  return first
}
