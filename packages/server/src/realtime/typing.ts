import { LIMITS, type TypingSignal } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import type { StoredEvent } from '../journal/journal.ts'
import type { Machine } from '../machine.ts'
import { Deadlines } from './deadlines.ts'
import type { SignalCast, Typing, Typist } from './realtime.ts'

/** A repeated start within this time is not passed on. Clients repeat about every 3 s, receivers forget after 6 s. */
const REPEAT_MS = 2000
/** Starts and stops passed on of one typist in {@link REPEAT_MS}: one signal reaches up to 999 others. */
const MAX_SIGNALS = 6

/** A typist and what has been said of him lately; it outlives his stop, so that flipping does not evade the limit. */
interface Entry {
  readonly typist: Typist
  typing: boolean
  startedAt: number
  windowStart: number
  signals: number
}

export interface TypingOptions {
  readonly clock: Clock
  readonly machine: Pick<Machine, 'elapsed' | 'after'>
  cast(cast: SignalCast): void
}

/** Who types, as told to this node. A typist who moves to another node is that node's from then on. */
export class TypingTable implements Typing {
  readonly #options: TypingOptions
  readonly #users = new Map<number, Map<number, Entry>>()
  readonly #deadlines: Deadlines<Entry>

  constructor(options: TypingOptions) {
    this.#options = options
    this.#deadlines = new Deadlines({
      ttlMs: LIMITS.typingMs,
      machine: options.machine,
      expired: (entry) => this.#expire(entry),
    })
  }

  start(typist: Typist): void {
    const entry = this.#open(typist)
    const repeated = entry.typing && this.#options.machine.elapsed() - entry.startedAt < REPEAT_MS
    if (!repeated && !this.#mayTell(entry)) return
    this.#deadlines.set(entry)
    if (repeated) return
    entry.typing = true
    entry.startedAt = this.#options.machine.elapsed()
    this.#tell(entry, 'typing.started')
  }

  stop(typist: Typist): void {
    const entry = this.#users.get(typist.userKey)?.get(typist.streamKey)
    // Started at another node perhaps: told all the same, and that node forgets him.
    if (entry === undefined) this.#stop(this.#open(typist))
    else if (entry.typing) this.#stop(entry)
  }

  /** His message is there: he types no more. */
  pushed({ type, streamKey, actorKey }: StoredEvent): void {
    if (type !== 'message.created' || actorKey === null) return
    const entry = this.#users.get(actorKey)?.get(streamKey)
    if (entry?.typing === true) this.#stop(entry)
  }

  /** His last connection here is gone. */
  userGone(userKey: number): void {
    for (const entry of this.#users.get(userKey)?.values() ?? []) {
      if (entry.typing) this.#stop(entry)
    }
  }

  /** Another node has told of him, so our deadline for him says nothing any more. */
  toldElsewhere(streamKey: number, userKey: number): void {
    const entry = this.#users.get(userKey)?.get(streamKey)
    if (entry !== undefined) entry.typing = false
  }

  close(): void {
    this.#deadlines.clear()
    this.#users.clear()
  }

  #open(typist: Typist): Entry {
    const entries = this.#users.get(typist.userKey) ?? new Map<number, Entry>()
    this.#users.set(typist.userKey, entries)
    const known = entries.get(typist.streamKey)
    if (known !== undefined) return known
    const entry: Entry = {
      typist,
      typing: false,
      startedAt: -Infinity,
      windowStart: -Infinity,
      signals: 0,
    }
    entries.set(typist.streamKey, entry)
    this.#deadlines.set(entry)
    return entry
  }

  #stop(entry: Entry): void {
    entry.typing = false
    // A stop that follows a start which was told is always told; `#mayTell` leaves room for it.
    entry.signals += 1
    this.#tell(entry, 'typing.stopped')
  }

  #expire(entry: Entry): void {
    const { userKey, streamKey } = entry.typist
    const entries = this.#users.get(userKey)
    entries?.delete(streamKey)
    if (entries?.size === 0) this.#users.delete(userKey)
    if (entry.typing) this.#tell(entry, 'typing.stopped')
  }

  #mayTell(entry: Entry): boolean {
    const now = this.#options.machine.elapsed()
    if (now - entry.windowStart >= REPEAT_MS) {
      entry.windowStart = now
      entry.signals = 0
    }
    if (entry.signals + 2 > MAX_SIGNALS) return false
    entry.signals += 1
    return true
  }

  #tell(entry: Entry, type: TypingSignal['type']): void {
    const { streamKey, userKey, userId, conversationId } = entry.typist
    const signal: TypingSignal = {
      type,
      timestamp: this.#options.clock.now(),
      body: { conversationId, userId },
    }
    this.#options.cast({ streamKey, signal, exceptUserKey: userKey })
  }
}
