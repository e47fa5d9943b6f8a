import { AsyncLocalStorage } from 'node:async_hooks'
import { TidingsError } from '@tidings/protocol/wire'
import type { Tx } from './database.ts'

/** One transaction under way, as the code inside of it carries it along. */
export class Frame {
  readonly tx: Tx
  readonly after: (() => void)[] = []
  /** Counts statements, so that a transaction where nothing happens any more can be noticed. */
  statements = 0
  /** False as soon as the commit or the rollback begins. */
  isOpen = true
  #failure: { readonly error: unknown } | undefined

  constructor(tx: Tx) {
    this.tx = tx
  }

  /** Dooms the transaction; the first reason counts. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Ends the frame's life before the commit. Throws the reason when it is doomed. */
  finish(): void {
    this.isOpen = false
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

/**
 * The transactions of one database. The frame travels with the asynchronous context, so a nested call finds and joins it;
 * work that outlives its transaction finds a closed one and must not write into whichever is open now.
 */
export class Frames {
  readonly #storage = new AsyncLocalStorage<Frame>()
  readonly #report: (error: unknown) => void

  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  /** Node carries every storage that was ever used along with every promise: thousands of databases would be felt. */
  close(): void {
    this.#storage.disable()
  }

  /** The open frame that the caller is inside of. */
  current(): Frame | undefined {
    const frame = this.#storage.getStore()
    return frame?.isOpen === true ? frame : undefined
  }

  /** Runs `work` inside a frame. */
  run<T>(frame: Frame, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#storage.run(frame, async () => await work(frame.tx))
  }

  /** Throws unless the caller is inside `frame`, the one that holds the connection, and it is still open. */
  require(frame: Frame | undefined): Frame {
    if (frame?.isOpen === true && this.#storage.getStore() === frame) return frame
    throw new TidingsError('INTERNAL', undefined, {
      cause: new Error('a `tx` was used after its transaction had ended, or outside of it'),
    })
  }

  /** Calls what waited for the commit; a callback that throws cannot undo it, and is reported. */
  committed(frame: Frame): void {
    for (const work of frame.after) {
      try {
        work()
      } catch (error) {
        this.#report(error)
      }
    }
  }

  /** `Database.tx` over an engine's way of running a new transaction. */
  joinOr<T>(work: (tx: Tx) => Promise<T>, begin: () => Promise<T>): Promise<T> {
    const frame = this.current()
    if (frame === undefined) return begin()
    // Half of the joined work may be written: what is left of the transaction must not be committed.
    return work(frame.tx).catch((error: unknown) => {
      frame.fail(error)
      throw error
    })
  }

  /** `Database.after`. */
  after(work: () => void): void {
    const frame = this.current()
    if (frame === undefined) work()
    else frame.after.push(work)
  }
}
