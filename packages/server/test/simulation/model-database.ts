import type { HeadsAnswer, Position, PullAnswer, PullFrom } from '@tidings/protocol/sync'
import { DELETED } from '../checker/history.ts'
import { ModelStream, type Row, type Span } from './model-stream.ts'
import { SCALE, type World } from './world.ts'

/** What an append stages under its locks; nothing of it is visible before the commit. */
export interface Staged {
  readonly rows: Row[]
  /** Applied with the rows. */
  readonly changes: (() => void)[]
}

export type Verdict<Result> =
  { readonly ok: true; readonly result: Result } | { readonly ok: false; readonly refused: string }

export type Outcome<Result> =
  | { readonly kind: 'committed'; readonly result: Result; readonly rows: readonly Row[] }
  | { readonly kind: 'refused'; readonly refused: string }
  | { readonly kind: 'aborted' }

export interface Append<Result> {
  /** Ascending by key. */
  readonly streams: readonly ModelStream[]
  /** The process that runs the transaction is still there. */
  isAlive(): boolean
  /** Runs under the locks. */
  decide(staged: Staged): Verdict<Result>
  /** Runs in the process, a moment after the transaction has ended; never when the process is gone. */
  done(outcome: Outcome<Result>): void
  /** Rows are written and not committed; only planted mistakes care. */
  written?: ((rows: readonly Row[], result: Result) => void) | undefined
}

export interface NewRow {
  readonly kind: Row['kind']
  readonly sent?: Row['sent']
  readonly receipt?: Row['receipt']
  readonly says?: Row['says']
}

interface Copy {
  readonly lengths: number[]
  readonly floors: number[]
  readonly spans: Span[][][]
  readonly marks: Map<string, { delivered: number; read: number }>
  readonly cursors: Map<string, Map<number, Position>>
}

const CONVERSATIONS_AT = 3

/**
 * A database that does what the real one promises: row locks in the order of asking, changes visible at commit, all or
 * nothing, one clock that may jump. `decide` runs after the locks are held, as the journal's contract says.
 */
export class ModelDatabase {
  readonly streams: ModelStream[] = []
  readonly marks = new Map<string, { delivered: number; read: number }>()
  /** Device cursors by session, then by stream. */
  readonly cursors = new Map<string, Map<number, Position>>()
  epoch = 1
  /** What the database's clock is ahead of virtual time. */
  skew = 1_000_000
  #copy: Copy | undefined
  readonly #world: World
  readonly #byName = new Map<string, ModelStream>()

  constructor(world: World, size: { readonly users: number; readonly conversations: number }) {
    this.#world = world
    const names = Array.from({ length: size.conversations }, (_, at) => [
      `m:${at}`,
      `r:${at}`,
    ]).flat()
    names.push(...Array.from({ length: size.users }, (_, at) => `u:${at}`))
    for (const [at, name] of names.entries()) {
      const stream = new ModelStream(at + CONVERSATIONS_AT, name, size.users)
      this.streams.push(stream)
      this.#byName.set(name, stream)
    }
  }

  now(): number {
    return Math.floor(this.#world.time.now) + this.skew
  }

  stream(name: string): ModelStream {
    const stream = this.#byName.get(name)
    if (stream === undefined) throw new Error(`there is no ${name}`)
    return stream
  }

  byKey(key: number): ModelStream {
    const stream = this.streams[key - CONVERSATIONS_AT]
    if (stream === undefined) throw new Error(`there is no stream ${key}`)
    return stream
  }

  /** A round trip to the database, in ms; also from the writing of a row to its commit, which time-outs bound. */
  delay(): number {
    const { random, databaseDelay } = this.#world
    const ms = random.chance(0.03) ? random.between(20, 120) : 1 + random.below(5)
    return Math.min(ms * databaseDelay, SCALE.longestTransactionMs)
  }

  append<Result>(append: Append<Result>): void {
    this.#lock(append, 0)
  }

  #lock<Result>(append: Append<Result>, at: number): void {
    const stream = append.streams[at]
    // Drawing numbers from a sequence needs no lock: that is its mistake.
    if (stream === undefined || this.#world.bug === 'cursor-by-bigserial') this.#decide(append)
    else stream.lock(() => this.#lock(append, at + 1))
  }

  #unlock<Result>(append: Append<Result>): void {
    if (this.#world.bug === 'cursor-by-bigserial') return
    for (const stream of append.streams) stream.unlock()
  }

  #decide<Result>(append: Append<Result>): void {
    const { time, random } = this.#world
    if (!append.isAlive()) {
      this.#unlock(append)
      return
    }
    const staged: Staged = { rows: [], changes: [] }
    const verdict = append.decide(staged)
    if (!verdict.ok) {
      this.#unlock(append)
      this.#tell(append, { kind: 'refused', refused: verdict.refused })
      return
    }
    append.written?.(staged.rows, verdict.result)
    const rolledBack = random.chance(0.015)
    time.after(this.delay(), () => {
      if (!rolledBack && append.isAlive()) {
        this.#commit(staged)
        this.#unlock(append)
        this.#tell(append, { kind: 'committed', result: verdict.result, rows: staged.rows })
        return
      }
      if (this.#world.bug !== 'rollback-leaves-hole') {
        for (const { streamKey, seq } of staged.rows) {
          const stream = this.byKey(streamKey)
          if (stream.drawn === seq) stream.drawn = stream.head
        }
      }
      this.#unlock(append)
      this.#tell(append, { kind: 'aborted' })
    })
  }

  /** Between a commit and the process that learns of it, the process may die. */
  #tell<Result>(append: Append<Result>, outcome: Outcome<Result>): void {
    const { time, random } = this.#world
    time.after(random.below(4), () => {
      if (append.isAlive()) append.done(outcome)
    })
  }

  #commit({ rows, changes }: Staged): void {
    for (const row of rows) {
      row.t = this.#world.time.now
      this.byKey(row.streamKey).insert(row)
    }
    for (const change of changes) change()
  }

  /** A row for the end of a locked stream. */
  stage(staged: Staged, stream: ModelStream, row: NewRow): Row {
    const { bug } = this.#world
    let staging = 0
    for (const { streamKey } of staged.rows) if (streamKey === stream.key) staging += 1
    const draws = bug === 'cursor-by-bigserial' || bug === 'rollback-leaves-hole'
    const seq = draws ? stream.drawn + 1 : stream.head + staging + 1
    stream.drawn = Math.max(stream.drawn, seq)
    const tag = this.#world.tag()
    if (bug === 'counter-outside-transaction') {
      stream.head = seq
      stream.headTag = tag
    }
    const clock = this.now()
    const ts = bug === 'cursor-by-timestamp' ? clock : Math.max(stream.lastTs + 1 + staging, clock)
    const made: Row = {
      streamKey: stream.key,
      stream: stream.name,
      seq,
      tag,
      ts,
      kind: row.kind,
      sent: row.sent,
      receipt: row.receipt,
      says: row.kind === 'message' ? { of: seq, version: 0 } : row.says,
      t: 0,
    }
    staged.rows.push(made)
    return made
  }

  heads(
    user: number,
    ask: {
      readonly changedSince: number | undefined
      readonly after: string | undefined
      readonly limit: number
    },
  ): HeadsAnswer {
    const margin = this.#world.bug === 'heads-without-margin' ? 0 : SCALE.marginMs
    const since = ask.changedSince === undefined ? -Infinity : ask.changedSince - margin
    const heads: HeadsAnswer['heads'][number][] = []
    let next: string | null = null
    const from = ask.after === undefined ? 0 : this.stream(ask.after).key - CONVERSATIONS_AT + 1
    for (let at = from; at < this.streams.length; at += 1) {
      const stream = this.streams[at]
      if (stream === undefined || (stream.spans[user]?.length ?? 0) === 0) continue
      if (stream.lastTs < since) continue
      if (heads.length === ask.limit) {
        next = heads.at(-1)?.stream ?? null
        break
      }
      const head = stream.visibleHead(user)
      const tag = stream.tagAt(head)
      heads.push({ stream: stream.name, head, tag, floor: stream.floor })
    }
    return { epoch: this.epoch, watermark: this.now(), heads, next }
  }

  pull(
    user: number,
    ask: {
      readonly epoch: number
      readonly streams: readonly PullFrom[]
      readonly limit: number
    },
  ): PullAnswer<Row> {
    let room = ask.limit
    const streams = ask.streams.map((from) => {
      const answer = this.#pullOne(user, from, room)
      if ('events' in answer) room -= answer.events.length
      return answer
    })
    return { epoch: this.epoch, streams }
  }

  #pullOne(user: number, from: PullFrom, room: number): PullAnswer<Row>['streams'][number] {
    const { bug, layers } = this.#world
    const stream = this.stream(from.stream)
    const { name, floor } = stream
    const { after, tag } = from
    const head = bug === 'span-end-ignored' ? stream.head : stream.visibleHead(user)
    const headTag = stream.tagAt(head)
    const refuse = (reason: 'gone' | 'future' | 'floor' | 'tag') => ({
      stream: name,
      reset: { reason, head, tag: headTag, floor },
    })
    if ((stream.spans[user]?.length ?? 0) === 0) return refuse('gone')
    const silent = { stream: name, events: [], upTo: { seq: after, tag }, more: false }
    if (after > head) {
      return bug === 'future-waits' || !layers.positionCheck ? silent : refuse('future')
    }
    const rows = this.#visibleAfter(stream, user, after)
    const firstKept = rows.findIndex(({ seq }) => seq > floor)
    const kept = firstKept === -1 ? [] : rows.slice(firstKept)
    if (kept.length < rows.length && bug !== 'floor-ignored') return refuse('floor')
    const checked = after > floor && layers.positionCheck
    if (checked && stream.tagAt(after) !== tag) return refuse('tag')
    const events = kept
      .slice(0, room)
      .map((row) => this.shownTo(user, stream, this.stored(stream, row)))
    const more = events.length < kept.length
    const last = more ? events.at(-1) : { seq: head, tag: headTag }
    const upTo =
      last !== undefined && last.seq > after
        ? { seq: last.seq, tag: last.tag }
        : { seq: after, tag }
    return { stream: name, events, upTo, more }
  }

  /** The row as the database has it by now: a message as it was last changed, and of what is deleted nothing. */
  stored({ versions }: ModelStream, row: Row): Row {
    const { bug } = this.#world
    const { says, kind } = row
    const version = says && versions.get(says.of)
    if (says === undefined || version === undefined || version === says.version) return row
    if (kind === 'message' && bug === 'edit-beside-the-message') return row
    if (kind === 'changed' && (version !== DELETED || bug === 'deletion-forgets-edits')) return row
    return { ...row, says: { of: says.of, version } }
  }

  /** The row for one who may see it: an edit shows a message to nobody who did not see it. */
  shownTo(user: number, stream: ModelStream, row: Row): Row {
    const { says, kind } = row
    if (says === undefined || kind !== 'changed' || stream.isVisible(user, says.of)) return row
    if (this.#world.bug === 'edit-shown-to-newcomers') return row
    return { ...row, says: { of: says.of, version: DELETED } }
  }

  #visibleAfter(stream: ModelStream, user: number, after: number): Row[] {
    const { bug } = this.#world
    const rows: Row[] = []
    const { log } = stream
    const byTime = bug === 'cursor-by-timestamp' && after > 0
    const since = byTime ? (stream.rowAt(after)?.ts ?? 0) : 0
    for (let at = byTime ? 0 : stream.indexAfter(after); at < log.length; at += 1) {
      const row = log[at]
      if (row === undefined || (byTime && row.ts <= since)) continue
      const visible =
        bug === 'span-end-ignored'
          ? row.seq >= (stream.spans[user]?.[0]?.from ?? Infinity)
          : stream.isVisible(user, row.seq)
      if (visible) rows.push(row)
    }
    return rows
  }

  /** Where a stream stood at a time: its last event that is not later. Times do not shrink inside a stream. */
  placeAt(stream: ModelStream, ts: number): Position {
    for (let at = stream.log.length - 1; at >= 0; at -= 1) {
      const row = stream.log[at]
      // Written this way round for NaN, which is neither later nor not later.
      if (row !== undefined && !(row.ts > ts)) return { seq: row.seq, tag: row.tag }
    }
    return { seq: 0, tag: 0 }
  }

  /** Keeps a copy of everything, to be put back later. */
  copy(): void {
    this.#copy = {
      lengths: this.streams.map(({ log }) => log.length),
      floors: this.streams.map(({ floor }) => floor),
      spans: this.streams.map(({ spans }) => spans.map((own) => own.map((span) => ({ ...span })))),
      marks: new Map([...this.marks].map(([who, mark]) => [who, { ...mark }])),
      cursors: new Map([...this.cursors].map(([session, own]) => [session, new Map(own)])),
    }
  }

  /** Puts the copy back; answers whether there was one. */
  restore(): boolean {
    const copy = this.#copy
    if (copy === undefined) return false
    for (const [at, stream] of this.streams.entries()) {
      stream.truncate(copy.lengths[at] ?? 0)
      stream.floor = copy.floors[at] ?? 0
      for (const [user, own] of stream.spans.entries()) {
        for (const span of own) stream.lostSpans.push({ user, span })
        own.splice(0, own.length, ...(copy.spans[at]?.[user] ?? []).map((span) => ({ ...span })))
      }
    }
    this.marks.clear()
    for (const [who, mark] of copy.marks) this.marks.set(who, { ...mark })
    this.cursors.clear()
    for (const [session, own] of copy.cursors) this.cursors.set(session, new Map(own))
    if (this.#world.layers.newEpoch) this.epoch += 1
    return true
  }
}
