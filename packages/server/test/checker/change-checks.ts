import {
  DELETED,
  type HistoryRecord,
  type Says,
  type SeenEvent,
  type Violation,
} from './history.ts'
import { isVisible, wasVisible, type IndexedStream, type LedgerIndex } from './ledger-index.ts'

/** What was read before a change may still be on its way for this long, in ms. */
const ON_ITS_WAY_MS = 10_000

type Seen = Extract<HistoryRecord, { kind: 'apply' | 'deliver' }>

/** A message as a device has it. */
interface Copy {
  readonly tag: number
  version: number
}

/** What one device was shown of messages that were changed: I6, I13. */
export class ChangeCheck {
  /** By stream, then by seq; of devices that keep what they are shown. */
  readonly #copies = new Map<string, Map<number, Copy>>()
  readonly #index: LedgerIndex
  readonly #device: string
  readonly #user: string
  readonly #keeps: boolean
  readonly #violations: Violation[]

  constructor(
    index: LedgerIndex,
    who: { device: string; user: string; proof: 'position' | 'server' },
    violations: Violation[],
  ) {
    this.#index = index
    this.#device = who.device
    this.#user = who.user
    this.#keeps = who.proof === 'position'
    this.#violations = violations
  }

  saw({ stream: name, events, t }: Seen): void {
    const stream = this.#index.streams.get(name)
    if (stream === undefined) return
    for (const event of events) {
      const { says } = event
      if (says === undefined) continue
      this.#judge(stream, { event, says, t })
      if (this.#keeps) this.#keep(name, event, says)
    }
  }

  reset(stream: string): void {
    this.#copies.delete(stream)
  }

  /** Everything has healed: what the device has is what the database has. */
  end(): void {
    for (const [name, copies] of this.#copies) {
      const stream = this.#index.streams.get(name)
      if (stream !== undefined) this.#checkCopies(stream, copies)
    }
  }

  #keep(name: string, { seq, tag }: SeenEvent, { of, version }: Says): void {
    const copies = this.#copies.get(name) ?? new Map<number, Copy>()
    this.#copies.set(name, copies)
    if (of === seq) copies.set(of, { tag, version })
    else {
      const copy = copies.get(of)
      if (copy !== undefined) copy.version = version
    }
  }

  #judge(
    stream: IndexedStream,
    { event, says, t }: { readonly event: SeenEvent; readonly says: Says; readonly t: number },
  ): void {
    const { of, version } = says
    const place = `${stream.name}:${event.seq}`
    if (of !== event.seq && version !== DELETED && !wasVisible(stream.stream, this.#user, of)) {
      this.#violate('I6', `${place} shows message ${of}, which it may not see`)
      return
    }
    // Who has read what a restored copy has lost keeps what it said then.
    if (stream.lostChanges.has(of)) return
    const changes = stream.changes.get(of) ?? []
    const settled = changes.filter((change) => change.t < t - ON_ITS_WAY_MS)
    const isDeleted = settled.at(-1)?.says?.version === DELETED
    if (isDeleted && version !== DELETED) this.#violate('I13', `${place} shows deleted ${of}`)
    else if (of === event.seq) {
      const since = settled.at(-1)?.says?.version ?? 0
      const later = changes.slice(settled.length).map((change) => change.says?.version)
      if (![since, ...later].includes(version)) this.#violate('I13', `${place} shows ${version}`)
    } else if (version === DELETED && isVisible(stream.stream, this.#user, of)) {
      const wasDeleted = changes.some((change) => change.says?.version === DELETED)
      if (!wasDeleted) this.#violate('I13', `${place} hides ${of}, which is there`)
    }
  }

  #checkCopies(stream: IndexedStream, copies: ReadonlyMap<number, Copy>): void {
    for (const [of, { tag, version }] of copies) {
      if (stream.bySeq.get(of)?.tag !== tag || stream.lostChanges.has(of)) continue
      const changes = stream.changes.get(of) ?? []
      const isTold = ({ seq }: SeenEvent) => isVisible(stream.stream, this.#user, seq)
      const last = changes.filter(isTold).at(-1)?.says?.version ?? 0
      // What is changed while one is away is not told to him; he may have read the message afterwards, or before.
      const untold = changes.filter((change) => !isTold(change)).map(({ says }) => says?.version)
      if (version !== last && !untold.includes(version))
        this.#violate('I13', `${stream.name}:${of} is kept as ${version} and is ${last}`)
    }
  }

  #violate(invariant: Violation['invariant'], detail: string): void {
    this.#violations.push({ invariant, detail: `${this.#device}: ${detail}` })
  }
}
