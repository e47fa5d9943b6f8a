import type { LedgerEvent } from '../checker/history.ts'

/** A committed row. One object serves the pump, the engine and the checker's ledger. */
export interface Row {
  readonly streamKey: number
  readonly stream: string
  readonly seq: number
  readonly tag: number
  /** The database's clock. */
  readonly ts: number
  readonly kind: 'message' | 'changed' | 'joined' | 'left' | 'added' | 'receipt'
  readonly sent: LedgerEvent['sent']
  readonly receipt: LedgerEvent['receipt']
  readonly says: LedgerEvent['says']
  /** When it was committed, in virtual time. */
  t: number
}

export interface Span {
  readonly from: number
  to: number | undefined
  /** When it was opened, in virtual time. */
  readonly since: number
}

/** One stream of the model database, with its lock. */
export class ModelStream {
  readonly key: number
  readonly name: string
  /** Ascending by seq; a seq is its index + 1 as long as nothing is wrong. */
  log: Row[] = []
  lost: Row[] = []
  head = 0
  headTag = 0
  floor = 0
  highestFloor = 0
  /** The highest number given out, also by what was rolled back. */
  drawn = 0
  /** By user. */
  readonly spans: Span[][]
  /** Spans that a restored copy does not have. */
  readonly lostSpans: { readonly user: number; readonly span: Span }[] = []
  /** Messages by sender and clientMessageId. */
  readonly keys = new Map<string, Row>()
  /** What messages say by now, by seq, once they have been changed. */
  readonly versions = new Map<number, number>()
  #locked = false
  readonly #waiting: (() => void)[] = []

  constructor(key: number, name: string, users: number) {
    this.key = key
    this.name = name
    this.spans = Array.from({ length: users }, () => [])
  }

  lock(work: () => void): void {
    if (this.#locked) this.#waiting.push(work)
    else {
      this.#locked = true
      work()
    }
  }

  unlock(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#locked = false
    else next()
  }

  get lastTs(): number {
    return this.log.at(-1)?.ts ?? 0
  }

  /** The index of the first row after `seq`. */
  indexAfter(seq: number): number {
    if (this.log[seq - 1]?.seq === seq) return seq
    let low = 0
    let high = this.log.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.log[middle]?.seq ?? Infinity) <= seq) low = middle + 1
      else high = middle
    }
    return low
  }

  rowAt(seq: number): Row | undefined {
    const row = this.log[this.indexAfter(seq) - 1]
    return row?.seq === seq ? row : undefined
  }

  tagAt(seq: number): number {
    return seq === this.head ? this.headTag : (this.rowAt(seq)?.tag ?? 0)
  }

  insert(row: Row): void {
    this.log.splice(this.indexAfter(row.seq), 0, row)
    if (row.seq >= this.head) {
      this.head = row.seq
      this.headTag = row.tag
    }
    if (row.sent !== undefined) this.keys.set(`${row.sent.user} ${row.sent.key}`, row)
    this.#note(row)
  }

  #note({ kind, says }: Row): void {
    if (kind === 'changed' && says !== undefined) this.versions.set(says.of, says.version)
  }

  /** Retention deletes everything up to `seq`. */
  retain(seq: number): void {
    this.floor = Math.max(this.floor, seq)
    this.highestFloor = Math.max(this.highestFloor, this.floor)
  }

  openSpan(user: number): Span | undefined {
    const last = this.spans[user]?.at(-1)
    return last?.to === undefined ? last : undefined
  }

  isVisible(user: number, seq: number): boolean {
    for (const { from, to } of this.spans[user] ?? []) {
      if (seq >= from && (to === undefined || seq <= to)) return true
    }
    return false
  }

  /**
   * How far the user can see: to the head while a span is open (also before its first event), else to the end of the last
   * (also when it was empty: nobody's view moves back).
   */
  visibleHead(user: number): number {
    const last = this.spans[user]?.at(-1)
    return last === undefined ? 0 : Math.min(last.to ?? this.head, this.head)
  }

  /** Puts the stream back to its first `length` rows. */
  truncate(length: number): void {
    for (const row of this.log.slice(length)) {
      if (row.sent !== undefined) this.keys.delete(`${row.sent.user} ${row.sent.key}`)
      this.lost.push(row)
    }
    this.log = this.log.slice(0, length)
    this.versions.clear()
    for (const row of this.log) this.#note(row)
    this.head = this.log.at(-1)?.seq ?? 0
    this.headTag = this.log.at(-1)?.tag ?? 0
    this.drawn = this.head
  }
}
