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

/** The browser's own; undefined where it lacks one of them: old browsers, Node, pages without TLS. */
export function findPlatform(): TabPlatform | undefined {
  const { navigator, BroadcastChannel: Wire }: Partial<typeof globalThis> = globalThis
  const locks: LockManager | undefined =
    navigator === undefined ? undefined : lockManagerOf(navigator)
  if (locks === undefined || Wire === undefined) return undefined
  return {
    locks: {
      request: (name, options, hold) => locks.request(name, options, (lock) => hold(lock !== null)),
      held: async () =>
        ((await locks.query()).held ?? []).flatMap(({ name, clientId }) =>
          name === undefined || clientId === undefined ? [] : [{ name, clientId }],
        ),
    },
    openWire: (name) => openWire(new Wire(name)),
    isVisible: () => pageOf(globalThis)?.visibilityState !== 'hidden',
    onVisible(run) {
      const page = pageOf(globalThis)
      const changed = (): void => {
        if (page?.visibilityState !== 'hidden') run()
      }
      page?.addEventListener('visibilitychange', changed)
      return () => page?.removeEventListener('visibilitychange', changed)
    },
  }
}

function lockManagerOf(navigator: { readonly locks?: LockManager }): LockManager | undefined {
  return navigator.locks
}

/** A worker has none. */
function pageOf({ document }: { readonly document?: Document }): Document | undefined {
  return document
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
