import { LIMITS } from '@tidings/protocol/wire'
import { createFigures, type Figures } from '../figures.ts'
import type { Machine } from '../machine.ts'

/** A connection with too much waiting to be sent. */
export interface SlowReader {
  /** Bytes that the socket has not taken yet. */
  bufferedAmount(): number
  /** It has drained. */
  resume(): void
  /** It has not drained within `LIMITS.slowReaderMs`. */
  giveUp(): void
}

/** How often paused readers are looked at: the most by which a pause, or the patience, is overstayed. */
const LOOK_EVERY_MS = 250
/** Well below the pause, so that a reader on the edge does not flicker. */
const RESUME_BELOW = LIMITS.bufferedBytes / 4

/** All paused readers of the node, under one timer that runs only while there are any. */
export class SlowReaders {
  readonly #machine: Pick<Machine, 'elapsed' | 'every'>
  readonly #figures: Figures['slowReaders']
  readonly #since = new Map<SlowReader, number>()
  #endTimer: (() => void) | undefined

  constructor(
    machine: Pick<Machine, 'elapsed' | 'every'>,
    figures: Figures['slowReaders'] = createFigures().slowReaders,
  ) {
    this.#machine = machine
    this.#figures = figures
  }

  /** Looks after a reader until it has been told to resume or to give up, or the answered function is called. */
  watch(reader: SlowReader): () => void {
    this.#since.set(reader, this.#machine.elapsed())
    this.#figures.paused += 1
    this.#figures.now = this.#since.size
    this.#endTimer ??= this.#machine.every(LOOK_EVERY_MS, () => this.#look())
    return () => this.#leave(reader)
  }

  get size(): number {
    return this.#since.size
  }

  close(): void {
    this.#since.clear()
    this.#stopTimer()
  }

  #look(): void {
    const now = this.#machine.elapsed()
    for (const [reader, since] of [...this.#since]) {
      if (reader.bufferedAmount() <= RESUME_BELOW) {
        this.#leave(reader)
        reader.resume()
      } else if (now - since >= LIMITS.slowReaderMs) {
        this.#leave(reader)
        this.#figures.closed += 1
        reader.giveUp()
      }
    }
  }

  #leave(reader: SlowReader): void {
    this.#since.delete(reader)
    this.#figures.now = this.#since.size
    if (this.#since.size === 0) this.#stopTimer()
  }

  #stopTimer(): void {
    this.#endTimer?.()
    this.#endTimer = undefined
  }
}
