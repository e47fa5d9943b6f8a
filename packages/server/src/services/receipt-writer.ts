import type { Database } from '../db/database.ts'
import { Batch, type BatchOptions } from '../journal/batch.ts'
import type { Journal } from '../journal/journal.ts'
import { systemMachine, type Machine } from '../machine.ts'
import { commitMarks, pairKey, type Mark, type Members } from './mark-commit.ts'

/** Receipts of one conversation are gathered for at most this long. */
const GATHER_MS = 250

/** Gathers marks and makes them durable. */
export interface ReceiptWriter {
  /** Resolves once the mark is durable, or found not to advance anything; false when its user is no member. */
  write(mark: Mark): Promise<boolean>
  /** Writes what is gathered and waits for it. */
  close(): Promise<void>
}

interface Gathering {
  readonly marks: Mark[]
  readonly written: PromiseWithResolvers<Members>
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/**
 * In a group the first mark is written at once and opens a window of `GATHER_MS`; what comes meanwhile is written
 * together at its end. So a group costs at most four writes a second on a node, whatever its size and traffic. Between
 * two people nothing is gained by waiting, and the sender sees his tick at once.
 */
export function openReceiptWriter(
  database: Database,
  journal: Journal,
  machine: Pick<Machine, 'after'> = systemMachine,
): ReceiptWriter {
  return new Gatherer({ commit: commitMarks.bind(null, database, journal), machine })
}

interface GathererOptions {
  readonly commit: BatchOptions<readonly Mark[], Members>['commit']
  readonly machine: Pick<Machine, 'after'>
}

/** What a group gathers until its window closes. */
interface Window {
  gathering: Gathering | undefined
  readonly cancel: () => void
}

class Gatherer implements ReceiptWriter {
  readonly #batch: Batch<readonly Mark[], Members>
  readonly #machine: Pick<Machine, 'after'>
  /** By conversation. */
  readonly #windows = new Map<number, Window>()

  constructor({ commit, machine }: GathererOptions) {
    this.#batch = new Batch({ commit, maxItems: 512 })
    this.#machine = machine
  }

  async write(mark: Mark): Promise<boolean> {
    return (await this.#add(mark)).has(pairKey(mark))
  }

  async close(): Promise<void> {
    for (const key of [...this.#windows.keys()]) this.#closeWindow(key)
    for (const { cancel } of this.#windows.values()) cancel()
    this.#windows.clear()
    await this.#batch.idle()
  }

  #add(mark: Mark): Promise<Members> {
    const window = mark.isDirect ? undefined : this.#windows.get(mark.conversationKey)
    if (window === undefined) {
      if (!mark.isDirect) this.#openWindow(mark.conversationKey)
      return this.#batch.add([mark])
    }
    window.gathering ??= { marks: [], written: withResolvers() }
    window.gathering.marks.push(mark)
    return window.gathering.written.promise
  }

  #openWindow(conversationKey: number): void {
    const close = (): void => this.#closeWindow(conversationKey)
    const cancel = this.#machine.after(GATHER_MS, close)
    this.#windows.set(conversationKey, { gathering: undefined, cancel })
  }

  #closeWindow(conversationKey: number): void {
    const window = this.#windows.get(conversationKey)
    this.#windows.delete(conversationKey)
    window?.cancel()
    if (window?.gathering === undefined) return
    const { marks, written } = window.gathering
    this.#openWindow(conversationKey)
    this.#batch.add(marks).then(written.resolve, written.reject)
  }
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve = (_: T): void => {}
  let reject = (_: unknown): void => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
