import type { Position, PositionTable } from '@tidings/protocol/sync'
import type { StreamNames } from './stream-names.ts'

/** Numbers of one position: the stream's, seq, tag. */
const WIDTH = 3

/**
 * The positions of one connection, 24 bytes for each: numbers in one array, in the order of the streams' numbers. In a
 * `Map` with an object and a name for each they would be most of what an idle connection costs.
 */
export class PackedPositions implements PositionTable {
  readonly #names: StreamNames
  #cells: number[]
  #isClosed = false

  constructor(names: StreamNames, positions: Iterable<readonly [string, Position]> = []) {
    this.#names = names
    const rows = [...positions].map(
      ([stream, { seq, tag }]) => [names.hold(stream), seq, tag] as const,
    )
    this.#cells = rows.sort(([one], [other]) => one - other).flat()
  }

  get(stream: string): Position | undefined {
    const at = this.#find(stream)
    if (at === undefined) return undefined
    return { seq: this.#cells[at + 1] ?? 0, tag: this.#cells[at + 2] ?? 0 }
  }

  has(stream: string): boolean {
    return this.#find(stream) !== undefined
  }

  set(stream: string, { seq, tag }: Position): void {
    if (this.#isClosed) return
    const at = this.#find(stream)
    if (at === undefined) this.#insert(this.#names.hold(stream), { seq, tag })
    else {
      this.#cells[at + 1] = seq
      this.#cells[at + 2] = tag
    }
  }

  delete(stream: string): boolean {
    const at = this.#find(stream)
    if (at === undefined) return false
    const [number = 0] = this.#cells.splice(at, WIDTH)
    this.#names.letGo(number)
    return true
  }

  *keys(): Generator<string> {
    for (const [stream] of this) yield stream
  }

  *[Symbol.iterator](): Generator<readonly [string, Position]> {
    const cells = [...this.#cells]
    for (let at = 0; at < cells.length; at += WIDTH) {
      const [number = 0, seq = 0, tag = 0] = cells.slice(at, at + WIDTH)
      yield [this.#names.nameOf(number), { seq, tag }]
    }
  }

  clear(): void {
    for (let at = 0; at < this.#cells.length; at += WIDTH) this.#names.letGo(this.#cells[at] ?? 0)
    this.#cells = []
  }

  /** Holds nothing from now on, and takes nothing in. */
  close(): void {
    this.clear()
    this.#isClosed = true
  }

  #insert(number: number, { seq, tag }: Position): void {
    const at = this.#placeOf(number)
    // What has joined a conversation last mostly comes last: then nothing is moved.
    if (at === this.#cells.length) this.#cells.push(number, seq, tag)
    else this.#cells.splice(at, 0, number, seq, tag)
  }

  #find(stream: string): number | undefined {
    const number = this.#names.find(stream)
    if (number === undefined) return undefined
    const at = this.#placeOf(number)
    return this.#cells[at] === number ? at : undefined
  }

  /** Where the stream is, or would be. */
  #placeOf(number: number): number {
    let [low, high] = [0, this.#cells.length / WIDTH]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#cells[middle * WIDTH] ?? 0) < number) low = middle + 1
      else high = middle
    }
    return low * WIDTH
  }
}
