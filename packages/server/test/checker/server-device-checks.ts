import { judge } from './device-checks.ts'
import type { HistoryRecord, Violation } from './history.ts'
import { isVisible, type LedgerIndex } from './ledger-index.ts'

type Delivered = Extract<HistoryRecord, { kind: 'deliver' }>

/**
 * What a numbered device was sent. It proves nothing itself, so it may get an event again on another connection, but on
 * each connection in order and once (I2), nothing foreign (I4, I5, I6), and by the end everything since it began (I9).
 */
export class ServerDeviceCheck {
  readonly #seen = new Set<string>()
  readonly #last = new Map<string, number>()
  readonly #index: LedgerIndex
  readonly #device: string
  readonly #user: string
  readonly #since: number
  readonly #violations: Violation[]

  constructor(
    index: LedgerIndex,
    who: { device: string; user: string; t: number },
    violations: Violation[],
  ) {
    this.#index = index
    this.#device = who.device
    this.#user = who.user
    this.#since = who.t
    this.#violations = violations
  }

  deliver({ stream: name, connection, events }: Delivered): void {
    const stream = this.#index.streams.get(name)
    const place = `${connection} ${name}`
    for (const event of events) {
      const verdict = stream === undefined ? 'phantom' : judge(stream, event, this.#user)
      if (verdict === 'seen' || verdict === 'lost')
        this.#seen.add(`${name} ${event.seq} ${event.tag}`)
      else {
        const what = { forked: 'I4', phantom: 'I5', leaked: 'I6' } as const
        this.#violate(what[verdict], `${name}:${event.seq} (tag ${event.tag}) is ${verdict}`)
      }
      if (event.seq <= (this.#last.get(place) ?? 0)) {
        this.#violate('I2', `${name}:${event.seq} came late or twice on one connection`)
      }
      this.#last.set(place, event.seq)
    }
  }

  end(): void {
    for (const { name, stream } of this.#index.streams.values()) {
      for (const { seq, tag, t } of stream.events) {
        if (t < this.#since || seq <= stream.floor) continue
        if (this.#seen.has(`${name} ${seq} ${tag}`)) continue
        if (!isVisible(stream, this.#user, seq)) continue
        this.#violate('I9', `${name}:${seq} was never delivered`)
        break
      }
    }
  }

  #violate(invariant: Violation['invariant'], detail: string): void {
    this.#violations.push({ invariant, detail: `${this.#device}: ${detail}` })
  }
}
