import type { StoredEvent } from '../journal/journal.ts'
import type { Logger } from '../logger.ts'
import type { BrokerMessage } from './broker.ts'
import type { Fanout } from './fanout.ts'
import { createPump, pump, type PumpEffect, type PumpInput, type PumpState } from './pump-state.ts'
import type { Source } from './source.ts'

/** Rows of the first look into a stream, and how much older than the newest they may be: head checks go no further back. */
const FIRST_LOOK = 200
const FIRST_LOOK_MS = 15_000
/** Hints of one broker message, so that it fits into any broker's. */
const HINTS_PER_MESSAGE = 200
/** Reads under way while the hints of other nodes wait, and how many streams wait: the head check finds the others. */
const MAX_READS = 16
const MAX_WAITING = 10_000

export interface PumpParts {
  readonly source: Source
  readonly fanout: Fanout
  readonly log: Pick<Logger, 'warn'>
  /** To the other nodes; undefined on one that is alone. */
  readonly publish: ((message: BrokerMessage) => void) | undefined
  /** The database is not the one it was. */
  onEpochChanged(epoch: number): void
}

/** Runs the decisions of `pump-state.ts`: reads from the database, pushes to the fan-out, hints to other nodes. */
export class Pump {
  readonly #parts: PumpParts
  #state: PumpState
  #reads = 0
  /** Hints of other nodes for which there is no read to be had now: stream key and head. */
  readonly #waiting = new Map<number, number>()

  constructor(parts: PumpParts) {
    this.#parts = parts
    this.#state = createPump(parts.source.epoch)
  }

  /** Rows committed by this node. */
  committed(rows: readonly StoredEvent[]): void {
    if (this.#parts.source.soleWriter) this.#feed({ kind: 'committed', rows })
    else this.#takeAmongOthers(rows)
    this.#tellOthers(rows)
  }

  /** Hints of other nodes; may be anything, and however many: the database is asked for a few of them at a time. */
  hinted(hints: Iterable<readonly [streamKey: number, head: number]>): void {
    for (const [streamKey, head] of hints) {
      const waiting = this.#waiting.get(streamKey)
      if (waiting === undefined && this.#waiting.size >= MAX_WAITING) continue
      this.#waiting.set(streamKey, Math.max(head, waiting ?? 0))
    }
    this.#takeWaiting()
  }

  #takeWaiting(): void {
    for (const [streamKey, head] of this.#waiting) {
      if (this.#reads >= MAX_READS) return
      this.#waiting.delete(streamKey)
      this.#feed({ kind: 'hint', streamKey, head })
    }
  }

  /** The outcome of a head check. */
  checked(epoch: number, heads: Iterable<readonly [streamKey: number, head: number]>): void {
    this.#feed({ kind: 'checked', epoch, heads })
  }

  /**
   * With several writers a commit can be heard of before an earlier one of the same stream. For a stream in memory the
   * hole shows; for one that is not, the first look into the database takes what came before along, so that one who was
   * removed just before the first row heard of is told all the same.
   */
  #takeAmongOthers(rows: readonly StoredEvent[]): void {
    const { streams } = this.#state
    const isKnown = (row: StoredEvent) => streams.get(row.streamKey)?.pumped !== undefined
    const known = rows.filter(isKnown)
    const unknown = rows.filter((row) => !isKnown(row))
    if (known.length > 0) this.#feed({ kind: 'committed', rows: known })
    for (const [streamKey, head] of headsOf(unknown)) this.#feed({ kind: 'hint', streamKey, head })
  }

  #feed(input: PumpInput<StoredEvent>): void {
    const { state, effects } = pump(this.#state, input)
    this.#state = state
    for (const effect of effects) this.#run(effect)
  }

  #run(effect: PumpEffect<StoredEvent>): void {
    switch (effect.kind) {
      case 'push':
        this.#parts.fanout.push(effect.rows)
        break
      case 'read':
        void this.#read(effect)
        break
      case 'epochChanged':
        this.#parts.onEpochChanged(effect.epoch)
        break
    }
  }

  async #read(effect: Extract<PumpEffect<StoredEvent>, { kind: 'read' }>): Promise<void> {
    const { streamKey, after, limit } = effect
    const { source, log } = this.#parts
    this.#reads += 1
    try {
      const rows =
        after === undefined
          ? recent(await source.readNewest(streamKey, FIRST_LOOK))
          : await source.readAfter(streamKey, after, limit)
      this.#feed({ kind: 'read', streamKey, rows })
    } catch (error) {
      log.warn({ err: error }, 'could not read committed events; the next head check tries again')
      this.#feed({ kind: 'readFailed', streamKey })
    }
    this.#reads -= 1
    this.#takeWaiting()
  }

  #tellOthers(rows: readonly StoredEvent[]): void {
    const { publish } = this.#parts
    if (publish === undefined) return
    const hints = [...headsOf(rows)].map(([streamKey, head]): [number, number] => [streamKey, head])
    for (let at = 0; at < hints.length; at += HINTS_PER_MESSAGE) {
      publish({ kind: 'hints', hints: hints.slice(at, at + HINTS_PER_MESSAGE) })
    }
  }
}

function recent(rows: readonly StoredEvent[]): readonly StoredEvent[] {
  const newest = rows.at(-1)?.ts ?? 0
  return rows.filter(({ ts }) => ts >= newest - FIRST_LOOK_MS)
}

/** The newest seq of each stream. */
function headsOf(rows: readonly StoredEvent[]): ReadonlyMap<number, number> {
  const heads = new Map<number, number>()
  for (const { streamKey, seq } of rows) {
    heads.set(streamKey, Math.max(seq, heads.get(streamKey) ?? 0))
  }
  return heads
}
