import type { HistoryRecord, SeenEvent, Violation } from './history.ts'
import {
  isVisible,
  visibleHead,
  wasVisible,
  type IndexedStream,
  type LedgerIndex,
} from './ledger-index.ts'

type Applied = Extract<HistoryRecord, { kind: 'apply' }>
type Reset = Extract<HistoryRecord, { kind: 'reset' }>

/** How far a device has come in one stream since it last started it. */
interface Progress {
  from: number
  to: number
  /** When it started; the beginning of the run when it never reset. */
  since: number
  /** It has applied something that a restored copy does not have: it must reset before the end. */
  lost: boolean
}

/** What one position device applied, in order: I2, I3, I4, I5, I6, and I9 at the end. */
export class DeviceCheck {
  readonly #streams = new Map<string, Progress>()
  readonly #index: LedgerIndex
  readonly #device: string
  readonly #user: string
  readonly #violations: Violation[]

  constructor(index: LedgerIndex, who: { device: string; user: string }, violations: Violation[]) {
    this.#index = index
    this.#device = who.device
    this.#user = who.user
    this.#violations = violations
  }

  apply({ stream: name, events, to, t }: Applied): void {
    const stream = this.#index.streams.get(name)
    if (stream === undefined) {
      this.#violate('I5', `${name} does not exist`)
      return
    }
    const progress = this.#streams.get(name) ?? { from: 0, to: 0, since: 0, lost: false }
    this.#streams.set(name, progress)
    for (const event of events) {
      if (judge(stream, event, this.#user) === 'lost') progress.lost = true
      else this.#checkSeen(stream, event)
      if (event.seq <= progress.to) this.#violate('I2', `${name}:${event.seq} applied again`)
      this.#checkHole(stream, progress, { to: event.seq - 1, t })
      progress.to = Math.max(progress.to, event.seq)
    }
    if (to < progress.to) this.#violate('I3', `${name} went back from ${progress.to} to ${to}`)
    this.#checkHole(stream, progress, { to, t })
    progress.to = Math.max(progress.to, to)
  }

  reset({ stream, to, t }: Reset): void {
    if (to === null) this.#streams.delete(stream)
    else this.#streams.set(stream, { from: to, to, since: t, lost: false })
  }

  /** Everything has healed: the device must have all of it. */
  end(restoredAt: number): void {
    for (const stream of this.#index.streams.values()) this.#checkEnd(stream, restoredAt)
  }

  #checkSeen(stream: IndexedStream, event: SeenEvent): void {
    const verdict = judge(stream, event, this.#user)
    if (verdict === 'seen') return
    const what = { forked: 'I4', phantom: 'I5', leaked: 'I6', lost: 'I5' } as const
    this.#violate(what[verdict], `${stream.name}:${event.seq} (tag ${event.tag}) is ${verdict}`)
  }

  /** Nothing that the user may see, and that was there at `t`, lies in (progress.to, to]. */
  #checkHole(
    { name, stream, bySeq }: IndexedStream,
    progress: Progress,
    { to, t }: { readonly to: number; readonly t: number },
  ): void {
    if (progress.lost) return
    // A device that had nothing yet misses nothing of what retention deleted before.
    const from = progress.to === 0 ? stream.highestFloor : progress.to
    for (let seq = from + 1; seq <= to; seq += 1) {
      // Of a later time, it has its number from a history that began with a restore.
      if ((bySeq.get(seq)?.t ?? Infinity) > t || !isVisible(stream, this.#user, seq)) continue
      this.#violate('I3', `${name}:${seq} was skipped`)
      return
    }
  }

  #checkEnd({ name, stream }: IndexedStream, restoredAt: number): void {
    const head = visibleHead(stream, this.#user)
    const progress = this.#streams.get(name)
    const lostFrom = stream.lost[0]?.seq ?? Infinity
    if (progress === undefined) {
      if (head > stream.floor) this.#violate('I9', `${name} was never seen, its head is ${head}`)
      return
    }
    const stale = progress.from >= lostFrom && progress.since < restoredAt
    if (progress.lost || stale) this.#violate('I9', `${name} is of a history that is gone`)
    else if (progress.to < head && head > stream.floor) {
      this.#violate('I9', `${name} stands at ${progress.to}, its head is ${head}`)
    }
  }

  #violate(invariant: Violation['invariant'], detail: string): void {
    this.#violations.push({ invariant, detail: `${this.#device}: ${detail}` })
  }
}

/** What an event that somebody saw is, seen from the ledger. */
export function judge(
  { stream, bySeq, lost }: IndexedStream,
  { seq, tag }: SeenEvent,
  user: string,
): 'seen' | 'lost' | 'forked' | 'phantom' | 'leaked' {
  const event = bySeq.get(seq)
  if (event?.tag === tag) return wasVisible(stream, user, seq) ? 'seen' : 'leaked'
  if (lost.has(`${seq} ${tag}`)) return 'lost'
  return event === undefined ? 'phantom' : 'forked'
}
