/**
 * The pump of a node: what was committed, by whichever node, is pushed to the connections here, stream by stream, in
 * order. Pure: it decides what to read and what to push; `pump.ts` reads and pushes.
 *
 *   committed rows (this node) ──────────────┐
 *   hints (stream, head) from the broker ──┐ │    next in line: push
 *   heads read from the database, each 2 s ┤ ▼
 *                                          ├─▶ pumped ── behind: read ──▶ rows ──▶ push
 *                                          │      ▲                          │
 *                                          │      └──────────────────────────┘
 *
 * Invariants:
 *  1. Only rows that were read or reported after their commit are pushed. A hint is a doorbell: its number decides
 *     whether to look, never what is pushed, so lost, doubled, late and absurd hints cost at most one read each.
 *  2. While a stream is in memory its rows are pushed in ascending seq, each once.
 *  3. When a head is heard of, a row at or beyond it is pushed or a read is under way; a failed read is taken up again at
 *     the next head check. So with the broker dead a commit is pushed one head check and one read later.
 *  4. A stream that is not in memory begins with its newest rows, as far back as a head check looks. That is enough: those
 *     who go on seeing the stream notice a hole and pull, and one whose span has just ended, who will not, has his last
 *     event among them. For the same reason a commit of this node does not open a stream where other nodes write too.
 *  5. One read of a stream is under way at a time, and at most `maxStreams` streams are in memory.
 */

/** What the pump must know of a row; the rest is the embedder's. */
export interface PumpRow {
  readonly streamKey: number
  readonly seq: number
}

export interface PumpOptions {
  /**
   * Streams remembered. The one unused for longest is forgotten first; should a late hint name it afterwards, its newest
   * rows are pushed once more, which clients drop.
   * @default 50_000
   */
  readonly maxStreams: number
  /** No other node appends: what this one commits is all there is. @default true */
  readonly soleWriter: boolean
  /** Rows asked for in one read. @default 200 */
  readonly readLimit: number
}

const DEFAULT_PUMP_OPTIONS: PumpOptions = {
  maxStreams: 50_000,
  soleWriter: true,
  readLimit: 200,
}

interface PumpedStream {
  /** Last seq pushed; undefined until the first row is known. */
  pumped: number | undefined
  /** Highest head heard of, true or not; a read that finds nothing brings it back to `pumped`. */
  known: number
  reading: boolean
  /** Where the read under way begins. */
  readFrom: number | undefined
  /** Something was heard since the read under way began, and may not be in its answer. */
  again: boolean
}

const UNKNOWN: PumpedStream = {
  pumped: undefined,
  known: 0,
  reading: false,
  readFrom: undefined,
  again: false,
}

/** All that a pump knows. Opaque; consumed by `pump`. */
export interface PumpState {
  readonly options: PumpOptions
  epoch: number
  /** Least recently used first. */
  readonly streams: Map<number, PumpedStream>
  /** Streams whose read failed. */
  readonly stranded: Set<number>
}

export type PumpInput<Row extends PumpRow> =
  /** Rows committed by this node; those of one stream in order. */
  | { readonly kind: 'committed'; readonly rows: readonly Row[] }
  /** From the broker; may be anything. */
  | { readonly kind: 'hint'; readonly streamKey: number; readonly head: number }
  /**
   * Heads as the database has them: of every stream with a commit since the last check (less the longest transaction),
   * whether or not it is in memory here, and the epoch.
   */
  | {
      readonly kind: 'checked'
      readonly epoch: number
      readonly heads: Iterable<readonly [streamKey: number, head: number]>
    }
  /** The answer to a `read`, ascending. */
  | { readonly kind: 'read'; readonly streamKey: number; readonly rows: readonly Row[] }
  | { readonly kind: 'readFailed'; readonly streamKey: number }

export type PumpEffect<Row extends PumpRow> =
  /**
   * Read rows with `seq > after`; answer with `read` or `readFailed`. When `after` is undefined: the newest rows, as many as
   * are not older than a head check looks back.
   */
  | {
      readonly kind: 'read'
      readonly streamKey: number
      readonly after: number | undefined
      readonly limit: number
    }
  /** Push to every connection whose user may see these rows. */
  | { readonly kind: 'push'; readonly streamKey: number; readonly rows: readonly Row[] }
  /** The database was put back under this node: close the live connections, so that their clients ask anew. */
  | { readonly kind: 'epochChanged'; readonly epoch: number }

/** A pump that remembers no stream. */
export function createPump(epoch: number, options: Partial<PumpOptions> = {}): PumpState {
  return {
    options: { ...DEFAULT_PUMP_OPTIONS, ...options },
    epoch,
    streams: new Map(),
    stranded: new Set(),
  }
}

/** One input, and what follows from it; effects are run in order. The state passed in is consumed. */
export function pump<Row extends PumpRow>(
  state: PumpState,
  input: PumpInput<Row>,
): { readonly state: PumpState; readonly effects: readonly PumpEffect<Row>[] } {
  const effects: PumpEffect<Row>[] = []
  switch (input.kind) {
    case 'committed':
      takeCommitted(state, input.rows, effects)
      break
    case 'hint':
      heard(state, input, effects)
      break
    case 'checked':
      takeChecked(state, input, effects)
      break
    case 'read':
      takeRead(state, input, effects)
      break
    case 'readFailed':
      strand(state, input.streamKey)
      break
  }
  return { state, effects }
}

function takeCommitted<Row extends PumpRow>(
  state: PumpState,
  rows: readonly Row[],
  effects: PumpEffect<Row>[],
): void {
  for (const [streamKey, run] of byStream(rows)) {
    const stream = use(state, streamKey)
    const first = run[0]?.seq ?? 0
    const last = run.at(-1)?.seq ?? 0
    stream.known = Math.max(stream.known, last)
    // A hole means that another node has committed in between: the database has all of it in order.
    const inLine =
      stream.pumped === undefined ? state.options.soleWriter : first <= stream.pumped + 1
    if (inLine) push(stream, run, effects)
    else look(state, streamKey, effects)
  }
}

/** Somebody says that the stream has come as far as `head`. */
function heard<Row extends PumpRow>(
  state: PumpState,
  { streamKey, head }: { readonly streamKey: number; readonly head: number },
  effects: PumpEffect<Row>[],
): void {
  if (!Number.isSafeInteger(head) || head < 1) return
  const stream = use(state, streamKey)
  if (stream.pumped !== undefined && head <= stream.pumped) return
  stream.known = Math.max(stream.known, head)
  look(state, streamKey, effects)
}

function takeChecked<Row extends PumpRow>(
  state: PumpState,
  { epoch, heads }: Extract<PumpInput<Row>, { kind: 'checked' }>,
  effects: PumpEffect<Row>[],
): void {
  if (epoch !== state.epoch) {
    state.epoch = epoch
    state.streams.clear()
    state.stranded.clear()
    effects.push({ kind: 'epochChanged', epoch })
  }
  const stranded = [...state.stranded]
  state.stranded.clear()
  for (const streamKey of stranded) look(state, streamKey, effects)
  for (const [streamKey, head] of heads) heard(state, { streamKey, head }, effects)
}

function takeRead<Row extends PumpRow>(
  state: PumpState,
  { streamKey, rows }: { readonly streamKey: number; readonly rows: readonly Row[] },
  effects: PumpEffect<Row>[],
): void {
  const stream = state.streams.get(streamKey)
  if (stream === undefined || !stream.reading) return
  stream.reading = false
  // The newest rows say nothing of those between them and what was committed here meanwhile.
  const skips = stream.readFrom === undefined && stream.pumped !== undefined
  const moved = skips ? rows.length > 0 : push(stream, rows, effects)
  const behind = moved && stream.known > (stream.pumped ?? 0)
  if (behind || stream.again) look(state, streamKey, effects)
  else if (stream.pumped === undefined) state.streams.delete(streamKey)
  else stream.known = stream.pumped
}

function strand(state: PumpState, streamKey: number): void {
  const stream = state.streams.get(streamKey)
  if (stream === undefined) return
  stream.reading = false
  state.stranded.add(streamKey)
}

/** Pushes those of `rows` that were not pushed yet; answers whether there were any. */
function push<Row extends PumpRow>(
  stream: PumpedStream,
  rows: readonly Row[],
  effects: PumpEffect<Row>[],
): boolean {
  const pumped = stream.pumped ?? 0
  const fresh = rows.filter((row) => row.seq > pumped)
  const last = fresh.at(-1)
  if (last === undefined) return false
  stream.pumped = last.seq
  effects.push({ kind: 'push', streamKey: last.streamKey, rows: fresh })
  return true
}

/** Reads what follows; when that is being done already, once more afterwards. */
function look<Row extends PumpRow>(
  state: PumpState,
  streamKey: number,
  effects: PumpEffect<Row>[],
): void {
  const stream = state.streams.get(streamKey)
  if (stream === undefined) return
  stream.again = stream.reading
  if (stream.reading) return
  stream.reading = true
  stream.readFrom = stream.pumped
  const limit = state.options.readLimit
  effects.push({ kind: 'read', streamKey, after: stream.pumped, limit })
}

/** The stream's entry, now the most recently used one. */
function use(state: PumpState, streamKey: number): PumpedStream {
  const { streams } = state
  const known = streams.get(streamKey)
  const stream = known ?? { ...UNKNOWN }
  if (known !== undefined) streams.delete(streamKey)
  streams.set(streamKey, stream)
  if (streams.size > state.options.maxStreams) evict(state)
  return stream
}

/** Forgets the stream unused for longest; its read, if any, is answered to nobody. */
function evict(state: PumpState): void {
  for (const streamKey of state.streams.keys()) {
    state.streams.delete(streamKey)
    state.stranded.delete(streamKey)
    return
  }
}

function byStream<Row extends PumpRow>(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  const first = rows[0]
  if (first !== undefined && rows.every((row) => row.streamKey === first.streamKey)) {
    return new Map([[first.streamKey, rows]])
  }
  const runs = new Map<number, Row[]>()
  for (const row of rows) {
    const run = runs.get(row.streamKey)
    if (run === undefined) runs.set(row.streamKey, [row])
    else run.push(row)
  }
  return runs
}
