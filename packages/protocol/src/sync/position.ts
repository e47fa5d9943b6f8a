/** How far one stream has been applied: every event visible to this user up to `seq`, and the tag of the event at `seq`. */
export interface Position {
  readonly seq: number
  /** Random 32-bit mark of that event; 0 where there is none to compare: at position 0 and at the retention floor. */
  readonly tag: number
}

/** Nothing applied yet. */
export const START: Position = { seq: 0, tag: 0 }

/** What the engine must know of an event; everything else is the embedder's. */
export interface SyncEvent {
  readonly stream: string
  readonly seq: number
  readonly tag: number
}

/** What a whole round of heads has proven, in the database's own clock. */
export interface Mark {
  readonly epoch: number
  /** Everything committed before this time (ms, less 60 s, which the server subtracts) has been applied. */
  readonly watermark: number
  /** Watermark of the last round that compared every stream and not only those that had moved. */
  readonly comparedAt: number
}

/** Where an engine keeps its positions. A `Map` is one; who runs many engines may know a smaller one. */
export interface PositionTable extends Iterable<readonly [stream: string, position: Position]> {
  get(stream: string): Position | undefined
  has(stream: string): boolean
  set(stream: string, position: Position): void
  delete(stream: string): boolean
  keys(): Iterable<string>
  clear(): void
}

/** What the embedder keeps on disk; `mark` is missing until the first round is done. */
export interface SavedSync {
  readonly mark: Mark | undefined
  readonly positions: Iterable<readonly [stream: string, position: Position]>
}
