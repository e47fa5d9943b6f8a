import { TidingsError } from '@tidings/protocol/wire'
import type { PoolFigures } from '../figures.ts'
import type { Lane } from './postgres-lane.ts'

/** Options of {@link Pool}. */
export interface PoolOptions {
  readonly open: () => Promise<Lane>
  readonly size: number
  /** How long a caller waits for a free connection, ms. */
  readonly waitMs: number
  readonly figures: PoolFigures
  /** A connection has died under its user, who had asked it something at a time (ms) of `performance.now`. */
  readonly onLost?: ((askedAt: number) => void) | undefined
}

interface Idle {
  readonly lane: Lane
  /** It was sound until then. */
  readonly since: number
}

interface Waiter {
  readonly go: () => void
  readonly timer: NodeJS.Timeout
}

/** Connections, each lent to one user at a time, in the order of asking. They are opened when they are needed. */
export class Pool {
  readonly #options: PoolOptions
  #idle: Idle[]
  readonly #waiters: Waiter[] = []
  /** Since when each is lent. */
  readonly #lentAt = new Map<Lane, number>()
  #lent = 0
  #closing: { readonly done: Promise<void>; readonly drained: () => void } | undefined

  constructor(options: PoolOptions, idle: readonly Lane[] = []) {
    this.#options = options
    this.#idle = idle.map(toIdle)
  }

  /** Runs `work` with a connection of its own. */
  async use<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new TidingsError('UNAVAILABLE')
    await this.#turn()
    let lane: Lane | undefined
    try {
      lane = this.#takeIdle() ?? (await this.#options.open())
      this.#lentAt.set(lane, performance.now())
      return await work(lane)
    } finally {
      if (lane !== undefined) this.#lentAt.delete(lane)
      this.#giveBack(lane)
    }
  }

  /** Waits until every connection is back, and closes them. */
  async close(): Promise<void> {
    if (this.#closing === undefined) {
      const { promise, resolve } = withResolvers()
      this.#closing = { done: promise, drained: resolve }
      if (this.#lent === 0) resolve()
    }
    await this.#closing.done
    await Promise.all(this.#idle.splice(0).map(({ lane }) => lane.close()))
  }

  /**
   * Closes the connections that were last sound before a time: what another one has died of since, they may have died of as well,
   * without a word, and each would have somebody wait in vain before that is noticed.
   */
  distrust(before: number): void {
    const suspects = this.#idle.filter(({ since }) => since <= before)
    this.#idle = this.#idle.filter(({ since }) => since > before)
    for (const { lane } of suspects) void lane.close()
  }

  /** Ends the connections that have been lent for so long, ms: whoever has one is told UNAVAILABLE or UNKNOWN_RETRY. */
  async giveUp(afterMs: number): Promise<void> {
    const since = performance.now() - afterMs
    const late = [...this.#lentAt].filter(([, lentAt]) => lentAt <= since)
    await Promise.all(late.map(([lane]) => lane.close()))
  }

  #takeIdle(): Lane | undefined {
    let idle = this.#idle.pop()
    while (idle?.lane.isDead === true) idle = this.#idle.pop()
    return idle?.lane
  }

  async #turn(): Promise<void> {
    const { size, figures } = this.#options
    if (this.#lent < size) {
      this.#lent += 1
      figures.lent = this.#lent
      return
    }
    const begun = performance.now()
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        figures.timeouts += 1
        const cause = new Error('no connection to the database became free in time')
        reject(new TidingsError('UNAVAILABLE', undefined, { cause }))
      }, this.#options.waitMs)
      const waiter: Waiter = { go: resolve, timer }
      this.#waiters.push(waiter)
    })
    figures.waits.add((performance.now() - begun) / 1000)
  }

  #giveBack(lane: Lane | undefined): void {
    if (lane?.isDead === true) this.#options.onLost?.(lane.askedAt)
    else if (lane !== undefined) this.#idle.push(toIdle(lane))
    const next = this.#waiters.shift()
    if (next !== undefined) {
      clearTimeout(next.timer)
      next.go()
      return
    }
    this.#lent -= 1
    this.#options.figures.lent = this.#lent
    if (this.#lent === 0) this.#closing?.drained()
  }
}

function toIdle(lane: Lane): Idle {
  return { lane, since: performance.now() }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
