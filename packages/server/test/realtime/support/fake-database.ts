import { LIMITS, type Message } from '@tidings/protocol/wire'
import type { StoredEvent } from '../../../src/journal/journal.ts'
import type { Span } from '../../../src/realtime/audiences.ts'
import type { Source } from '../../../src/realtime/source.ts'

/** Between the asking and the answer of a query, or the commit and its announcement; the default does not wait. */
export type Delay = (what: string) => Promise<void>

interface FakeStream {
  readonly name: string
  readonly rows: StoredEvent[]
  readonly spans: { userKey: number; fromSeq: number; toSeq: number | null }[]
}

export interface Place {
  readonly id: string
  readonly m: number
  readonly r: number
}

type Listener = (rows: readonly StoredEvent[]) => void

export const idOf = (key: number, kind = 0) =>
  `${String(key).padStart(8, '0')}-0000-4000-8000-${String(kind).padStart(12, '0')}`

/** A database and its journal in memory, shared by the nodes of a test; commits are synchronous, news of them are not. */
export class FakeDatabase {
  readonly soleWriter: boolean
  readonly streams = new Map<number, FakeStream>()
  readonly ended = new Set<number>()
  /** Sessions whose use was noted. */
  readonly touched = new Set<number>()
  /** When users were last seen. */
  readonly seen = new Map<number, number>()
  epoch = 1
  now = 1_700_000_000_000
  reads = 0
  failing = false
  readonly #delay: Delay

  constructor(options: { soleWriter?: boolean; delay?: Delay } = {}) {
    this.soleWriter = options.soleWriter ?? true
    this.#delay = options.delay ?? (() => Promise.resolve())
  }

  /** One node's view: a source, and a journal whose commits are announced to that node only. */
  node() {
    const listeners: Listener[] = []
    const announce = (rows: readonly StoredEvent[]) => {
      for (const listener of listeners) listener(rows)
    }
    return {
      source: this.#source(),
      journal: { epoch: this.epoch, onCommitted: (listener: Listener) => listeners.push(listener) },
      /** Tells the node of its commit; with several writers, possibly later than of a following one. */
      announce: (rows: readonly StoredEvent[]) => {
        if (this.soleWriter) announce(rows)
        else void this.#delay('announce').then(() => announce(rows))
      },
    }
  }

  createConversation(userKeys: readonly number[]): Place {
    const id = idOf(this.streams.size + 1, 1)
    const place = { id, m: this.#createStream(`m:${id}`), r: this.#createStream(`r:${id}`) }
    for (const userKey of userKeys) this.#open(place, userKey, 1)
    return place
  }

  createUser(userKey: number): number {
    const key = this.#createStream(`u:${idOf(userKey)}`)
    this.stream(key).spans.push({ userKey, fromSeq: 1, toSeq: null })
    return key
  }

  send(place: Place, userKey: number): StoredEvent[] {
    return [this.append(place.m, 'message.created', userKey)]
  }

  /** A message is edited by its sender. */
  edit(place: Place, userKey: number, seq: number): StoredEvent[] {
    const row = this.append(place.m, 'message.edited', userKey)
    const message: Message = {
      id: idOf(seq, 2),
      conversationId: place.id,
      seq,
      senderId: idOf(userKey),
      clientMessageId: null,
      body: { kind: 'text', text: 'edited' },
      createdAt: this.now,
      editedAt: row.ts,
    }
    return [{ ...row, body: { message } }]
  }

  receipt(place: Place, userKey: number): StoredEvent[] {
    return [this.append(place.r, 'receipt.updated', userKey)]
  }

  join(place: Place, userKey: number): StoredEvent[] {
    if (this.isMember(place, userKey)) return []
    const row = this.append(place.m, 'member.joined', userKey)
    this.#open(place, userKey, row.seq + 1)
    return [row]
  }

  leave(place: Place, userKey: number): StoredEvent[] {
    if (!this.isMember(place, userKey)) return []
    const row = this.append(place.m, 'member.left', userKey)
    for (const key of [place.m, place.r]) {
      for (const span of this.stream(key).spans) {
        if (span.userKey === userKey && span.toSeq === null) span.toSeq = this.head(key)
      }
    }
    return [row]
  }

  append(streamKey: number, type: StoredEvent['type'], userKey: number): StoredEvent {
    const { rows, name } = this.stream(streamKey)
    const seq = rows.length + 1
    const row: StoredEvent = {
      streamKey,
      stream: name,
      seq,
      ts: this.now,
      type,
      tag: seq,
      actorKey: userKey,
      actorId: idOf(userKey),
      messageId: type === 'message.created' ? idOf(seq, 2) : null,
      clientMessageId: null,
      editedAt: null,
      body: { kind: 'text', text: `${name} ${seq}` },
    }
    rows.push(row)
    return row
  }

  isMember(place: Place, userKey: number): boolean {
    return this.stream(place.m).spans.some((s) => s.userKey === userKey && s.toSeq === null)
  }

  mayRead(stream: string, seq: number, userKey: number): boolean {
    const found = [...this.streams.values()].find(({ name }) => name === stream)
    return (
      found?.spans.some(
        (s) => s.userKey === userKey && s.fromSeq <= seq && seq <= (s.toSeq ?? Infinity),
      ) ?? false
    )
  }

  head(streamKey: number): number {
    return this.stream(streamKey).rows.length
  }

  stream(streamKey: number): FakeStream {
    const stream = this.streams.get(streamKey)
    if (stream === undefined) throw new Error(`no stream ${streamKey}`)
    return stream
  }

  #createStream(name: string): number {
    const key = this.streams.size + 1
    this.streams.set(key, { name, rows: [], spans: [] })
    return key
  }

  #open(place: Place, userKey: number, fromSeq: number): void {
    this.stream(place.m).spans.push({ userKey, fromSeq, toSeq: null })
    this.stream(place.r).spans.push({ userKey, fromSeq: this.head(place.r) + 1, toSeq: null })
  }

  async #query<T>(what: string, answer: () => T): Promise<T> {
    this.reads += 1
    await this.#delay(`${what} asked`)
    if (this.failing) throw new Error('the database is down')
    const result = answer()
    await this.#delay(`${what} answered`)
    return result
  }

  #source(): Source {
    const { epoch, soleWriter } = this
    const copy = (spans: readonly Span[]) => spans.map((span) => ({ ...span }))
    return {
      epoch,
      soleWriter,
      readAfter: (key, after, limit) =>
        this.#query('rows', () => this.stream(key).rows.slice(after, after + limit)),
      readNewest: (key, limit) => this.#query('newest', () => this.stream(key).rows.slice(-limit)),
      readAudience: (key, after) =>
        this.#query('audience', () =>
          copy(this.stream(key).spans.filter(({ toSeq }) => toSeq === null || toSeq > after)),
        ),
      readClock: () => this.#query('clock', () => ({ epoch: this.epoch, now: this.now })),
      findMoved: (userKeys, since) => this.#query('moved', () => this.#moved(userKeys, since)),
      touch: (keys) =>
        this.#query('touch', () => {
          for (const key of keys) this.touched.add(key)
        }),
      findEnded: (keys) => this.#query('ended', () => keys.filter((key) => this.ended.has(key))),
      listPresencePlaces: (userKeys) => this.#query('places', () => this.#places(userKeys)),
      listPresentMembers: (keys) =>
        this.#query('members', () =>
          keys.flatMap((key) =>
            this.#members(key).map((userKey) => ({ conversationKey: key, userKey })),
          ),
        ),
      readPresenceLimits: () =>
        this.#query('limits', () => ({ blocked: [], shy: new Map(), contacts: [] })),
      noteSeen: (departures) =>
        this.#query('seen', () => {
          for (const { userKey, agoMs } of departures) this.seen.set(userKey, this.now - agoMs)
          return new Map(departures.map(({ userKey }) => [userKey, this.seen.get(userKey) ?? 0]))
        }),
      readSeen: (userKeys) =>
        this.#query(
          'seen',
          () => new Map(userKeys.map((userKey) => [userKey, this.seen.get(userKey) ?? 0])),
        ),
    }
  }

  /** A conversation's key is that of its messages stream. */
  #places(userKeys: readonly number[]) {
    return [...this.streams]
      .filter(([, { name }]) => name.startsWith('m:'))
      .map(([key]) => ({ key, members: this.#members(key) }))
      .filter(({ members }) => members.length > 1 && members.length <= LIMITS.presenceMembers)
      .flatMap(({ key, members }) =>
        members
          .filter((userKey) => userKeys.includes(userKey))
          .map((userKey) => ({
            userKey,
            userId: idOf(userKey),
            conversationKey: key,
            memberCount: members.length,
          })),
      )
  }

  #members(streamKey: number): number[] {
    return this.stream(streamKey)
      .spans.filter(({ toSeq }) => toSeq === null)
      .map(({ userKey }) => userKey)
  }

  #moved(userKeys: readonly number[], since: number): (readonly [number, number])[] {
    return [...this.streams]
      .filter(([, { rows, spans }]) => {
        const lastTs = rows.at(-1)?.ts ?? 0
        return lastTs >= since && spans.some(({ userKey }) => userKeys.includes(userKey))
      })
      .map(([key, { rows }]) => [key, rows.length] as const)
  }
}
