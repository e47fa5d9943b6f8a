import { clearImmediate, setImmediate } from 'node:timers'

/** The time of a test kit: it passes when the test says so. */
export interface TestClock {
  /** Milliseconds since 1970, by the server's calendar and every client's. */
  now(): number
  /**
   * Lets time pass. Whatever becomes due meanwhile, in clients, server and network, is done at its time and in its order,
   * each with everything that follows from it.
   */
  advance(ms: number): Promise<void>
  /**
   * Time passes while nothing runs, as when a computer sleeps; what has become due by then is done late, and once. For
   * long times too: a month of `advance` is a month of keep-alives.
   */
  jump(ms: number): Promise<void>
}

interface Timer {
  at: number
  readonly run: () => void
  /** Runs again and again. */
  readonly everyMs: number | undefined
}

/**
 * Turns of the event loop in which nothing was observed: then nothing is left to do. The longest way that server and
 * client go unobserved is a group commit, which waits for one turn.
 */
const QUIET_TURNS = 8

/** A time in which something should have ended that needs time to end, virtual milliseconds. */
const PATIENCE_MS = 10 * 60 * 1000

/** Virtual time, and the knowledge when everything that needs no time has been done. */
export class VirtualClock implements TestClock {
  readonly #startAt: number
  readonly #timers = new Set<Timer>()
  #elapsed = 0
  #activity = 0
  #pending = 0
  #line: Promise<unknown> = Promise.resolve()

  constructor(startAt: number) {
    this.#startAt = startAt
  }

  now(): number {
    return this.#startAt + Math.floor(this.#elapsed)
  }

  elapsed(): number {
    return this.#elapsed
  }

  /** What is due at once takes a turn of the event loop and no time. */
  after(ms: number, run: () => void): () => void {
    if (ms > 0) return this.#add({ at: this.#elapsed + ms, run, everyMs: undefined })
    this.note()
    const turn = setImmediate(run)
    return () => clearImmediate(turn)
  }

  every(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#elapsed + ms, run, everyMs: ms })
  }

  /** Something has happened that others may react to. */
  note(): void {
    this.#activity += 1
  }

  /** Something is under way that this process does not see, a file being written say: until then nothing is quiet. */
  async pending<T>(work: Promise<T>): Promise<T> {
    this.#pending += 1
    try {
      return await work
    } finally {
      this.#pending -= 1
      this.note()
    }
  }

  /** Resolves when everything that needs no time has been done. */
  async settle(): Promise<void> {
    let seen = this.#activity
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await nextTurn()
      if (this.#pending > 0 || this.#activity !== seen) quiet = -1
      seen = this.#activity
    }
  }

  advance(ms: number): Promise<void> {
    return this.#inLine(async () => {
      await this.settle()
      await this.#runUntil(this.#elapsed + ms)
    })
  }

  jump(ms: number): Promise<void> {
    return this.#inLine(async () => {
      await this.settle()
      this.#elapsed += ms
      await this.#runUntil(this.#elapsed)
    })
  }

  /** Lets as much time pass as some work needs to end. */
  finish(work: Promise<unknown>): Promise<void> {
    const state = { isOver: false }
    const over = (): void => {
      state.isOver = true
      this.note()
    }
    work.then(over, over)
    return this.#inLine(async () => {
      const limit = this.#elapsed + PATIENCE_MS
      for (await this.settle(); !state.isOver; await this.#runUntil(this.#nextAt(limit)));
      await work
    })
  }

  /** No timer runs any more. */
  stop(): void {
    this.#timers.clear()
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer)
    this.note()
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Two who let time pass at once let it pass one after the other. */
  #inLine(work: () => Promise<void>): Promise<void> {
    const turn = this.#line.then(work)
    this.#line = turn.catch(() => undefined)
    return turn
  }

  async #runUntil(until: number): Promise<void> {
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      const before = this.#activity
      this.#elapsed = Math.max(this.#elapsed, next.at)
      if (next.everyMs === undefined) this.#timers.delete(next)
      else next.at = this.#elapsed + next.everyMs
      next.run()
      // A tick that found nothing to do changes nothing: hours of them would take minutes.
      if (next.everyMs === undefined || this.#activity !== before) await this.settle()
    }
    this.#elapsed = until
    await this.settle()
  }

  #nextAt(limit: number): number {
    const next = this.#next(limit)
    if (next === undefined) throw new Error(`something has not ended in ${PATIENCE_MS} ms`)
    return Math.max(this.#elapsed, next.at)
  }

  /** The first that is due by a time; of several at one time the one that was set first. */
  #next(until: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers)
      if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer
    return first
  }
}

/** By Node's module: the global one may be a test runner's. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
