import type { LockRequest, TabPlatform, TabWire } from '../../src/tabs/platform.ts'

// Web Locks and a BroadcastChannel between tabs of one process, as the standards describe them. A tab can hang and die.

interface Waiting {
  readonly tab: FakeTab
  readonly hold: (isHeld: boolean) => Promise<void>
  readonly resolve: (result: unknown) => void
  readonly reject: (thrown: unknown) => void
}

interface Lock {
  holder: Waiting | undefined
  queue: Waiting[]
}

/** One tab. */
export interface FakeTab {
  readonly platform: TabPlatform
  /** Nothing runs in it until it is woken: what comes for it waits. */
  hang(): void
  wake(): void
  /** It is gone: its locks are free, and nobody hears of it any more. */
  die(): void
  /** So many of the next messages for it are lost, which no browser does. */
  losing: number
  readonly id: string
  readonly isDead: boolean
  /** Runs in the tab, later. */
  run(work: () => void): void
}

export class FakeBrowser {
  readonly #locks = new Map<string, Lock>()
  readonly #wires = new Map<string, Set<{ tab: FakeTab; take: (message: unknown) => void }>>()
  #tabs = 0

  openTab(): FakeTab {
    this.#tabs += 1
    return createTab({
      id: `tab ${this.#tabs}`,
      platformOf: (tab) => this.#platformOf(tab),
      free: (tab) => this.#free(tab),
    })
  }

  /** Who has a lock. */
  holderOf(name: string): string | undefined {
    return this.#locks.get(name)?.holder?.tab.id
  }

  #platformOf(tab: FakeTab): TabPlatform {
    return {
      locks: {
        request: (name, options, hold) =>
          new Promise((resolve, reject) => {
            const waiting = { tab, hold, resolve, reject }
            tab.run(() => this.#request(name, options, waiting))
          }),
        held: async () => {
          // What is left of a dead tab in this process must come to an end.
          if (tab.isDead) return []
          await new Promise<void>((resolve) => tab.run(resolve))
          return [...this.#locks].flatMap(([name, { holder }]) =>
            holder === undefined ? [] : [{ name, clientId: holder.tab.id }],
          )
        },
      },
      openWire: (name) => this.#openWire(name, tab),
      isVisible: () => true,
      onVisible: () => () => undefined,
    }
  }

  #request(name: string, { ifAvailable, steal, signal }: LockRequest, waiting: Waiting): void {
    const lock = this.#locks.get(name) ?? { holder: undefined, queue: [] }
    this.#locks.set(name, lock)
    const { tab, hold, resolve, reject } = waiting
    if (ifAvailable === true && lock.holder !== undefined) {
      hold(false).then(resolve, reject)
      return
    }
    const before = lock.holder
    if (steal === true && before !== undefined) {
      lock.holder = undefined
      before.tab.run(() => before.reject(new DOMException('stolen', 'AbortError')))
      lock.queue.unshift(waiting)
    } else lock.queue.push(waiting)
    signal?.addEventListener('abort', () => {
      if (!lock.queue.includes(waiting)) return
      lock.queue = lock.queue.filter((other) => other !== waiting)
      tab.run(() => reject(new DOMException('aborted', 'AbortError')))
    })
    this.#grant(lock)
  }

  #grant(lock: Lock): void {
    const next = lock.holder === undefined ? lock.queue.shift() : undefined
    if (next === undefined) return
    lock.holder = next
    next.tab.run(() => {
      if (lock.holder !== next) return
      const released = (): void => {
        if (lock.holder !== next) return
        lock.holder = undefined
        next.resolve(undefined)
        this.#grant(lock)
      }
      next.hold(true).then(released, released)
    })
  }

  #free(tab: FakeTab): void {
    for (const lock of this.#locks.values()) {
      lock.queue = lock.queue.filter((waiting) => waiting.tab !== tab)
      if (lock.holder?.tab === tab) lock.holder = undefined
      this.#grant(lock)
    }
  }

  #openWire(name: string, tab: FakeTab): TabWire {
    const wires = this.#wires.get(name) ?? new Set()
    this.#wires.set(name, wires)
    const own = { tab, take: (_message: unknown): void => undefined }
    wires.add(own)
    return {
      post(message) {
        const posted: unknown = structuredClone(message)
        if (tab.isDead) return
        for (const wire of wires) {
          if (wire === own) continue
          if (wire.tab.losing > 0) wire.tab.losing -= 1
          else wire.tab.run(() => wire.take(structuredClone(posted)))
        }
      },
      listen(listener) {
        own.take = listener
      },
      close: () => void wires.delete(own),
    }
  }
}

function createTab({
  id,
  platformOf,
  free,
}: {
  readonly id: string
  readonly platformOf: (tab: FakeTab) => TabPlatform
  readonly free: (tab: FakeTab) => void
}): FakeTab {
  let isHanging = false
  let isDead = false
  let platform: TabPlatform | undefined
  const waiting: (() => void)[] = []
  const drain = (): void => {
    while (!isHanging && !isDead) {
      const next = waiting.shift()
      if (next === undefined) return
      next()
    }
  }
  return {
    id,
    losing: 0,
    get platform() {
      platform ??= platformOf(this)
      return platform
    },
    get isDead() {
      return isDead
    },
    run(work) {
      waiting.push(work)
      setImmediate(drain)
    },
    hang() {
      isHanging = true
    },
    wake() {
      isHanging = false
      drain()
    },
    die() {
      isDead = true
      free(this)
    },
  }
}
