/** What tabs need of a browser; a test brings its own. */
export interface TabPlatform {
  readonly locks: TabLocks
  /** Everything that is posted comes to all others of the same name, in order. */
  openWire(name: string): TabWire
  /** False while nobody can see the tab: then its timers may be late. */
  isVisible(): boolean
  /** Calls back when the tab is looked at again. */
  onVisible(run: () => void): () => void
}

/** The part of `navigator.locks` that is used. */
export interface TabLocks {
  /**
   * Waits for a lock and keeps it until the promise of `hold` is settled. `hold` is told false when the lock was only to
   * be taken if nobody has it, and somebody has. Rejects when the lock is stolen, or the signal says so.
   */
  request(
    name: string,
    options: LockRequest,
    hold: (isHeld: boolean) => Promise<void>,
  ): Promise<unknown>
  /** The name of every lock that somebody holds in this context, with an id of who. */
  held(): Promise<readonly { readonly name: string; readonly clientId: string }[]>
}

export interface LockRequest {
  readonly ifAvailable?: boolean
  readonly steal?: boolean
  readonly signal?: AbortSignal
}

/** A `BroadcastChannel`. */
export interface TabWire {
  post(message: unknown): void
  listen(listener: (message: unknown) => void): void
  close(): void
}

/** What old browsers, pages without TLS, workers and Node lack one or the other of. */
interface Web {
  readonly navigator?: { readonly locks?: Navigator['locks'] }
  readonly BroadcastChannel?: typeof BroadcastChannel
  readonly document?: Document
}

/** The browser's own; undefined where it has not got what it takes. */
export function findPlatform(web: Web = globalThis): TabPlatform | undefined {
  const { navigator, BroadcastChannel: Wire, document } = web
  const locks = navigator?.locks
  if (locks === undefined || Wire === undefined) return undefined
  const isVisible = (): boolean => document?.visibilityState !== 'hidden'
  return {
    locks: {
      request: (name, options, hold) => locks.request(name, options, (lock) => hold(lock !== null)),
      held: async () =>
        ((await locks.query()).held ?? []).flatMap(({ name, clientId }) =>
          name === undefined || clientId === undefined ? [] : [{ name, clientId }],
        ),
    },
    openWire: (name) => openWire(new Wire(name)),
    isVisible,
    onVisible(run) {
      const changed = (): void => {
        if (isVisible()) run()
      }
      document?.addEventListener('visibilitychange', changed)
      return () => document?.removeEventListener('visibilitychange', changed)
    },
  }
}

function openWire(wire: BroadcastChannel): TabWire {
  return {
    post: (message) => wire.postMessage(message),
    listen(listener) {
      wire.onmessage = ({ data }: MessageEvent<unknown>) => listener(data)
    },
    close: () => wire.close(),
  }
}
