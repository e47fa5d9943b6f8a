import type { Environment } from './environment.ts'
import { backoffMs } from './backoff.ts'
import type { SyncChange, SyncStorage } from './storage.ts'

/** Saves changes one after the other; what comes while a save is under way is saved together after it. */
export interface Saver {
  save(change: SyncChange): void
  /** Forgets what is waiting and everything that was kept. */
  clear(): Promise<void>
}

export interface SaverOptions {
  readonly storage: SyncStorage
  readonly environment: Environment
  readonly onError: (thrown: unknown) => void
}

export function createSaver({ storage, environment, onError }: SaverOptions): Saver {
  let waiting: SyncChange | undefined
  let busy: Promise<void> | undefined
  let failures = 0
  const run = async (first: SyncChange): Promise<void> => {
    for (let change: SyncChange | undefined = first; change !== undefined; change = take()) {
      try {
        await storage.save(change)
        failures = 0
      } catch (thrown) {
        onError(thrown)
        // Ahead of what has come since: a mark must never be kept without what it covers.
        waiting = waiting === undefined ? change : merge(change, waiting)
        await pause()
      }
    }
    busy = undefined
  }
  const take = (): SyncChange | undefined => {
    const taken = waiting
    waiting = undefined
    return taken
  }
  const pause = (): Promise<void> => {
    const ms = 1_000 + backoffMs(failures, 'later', () => environment.random())
    failures += 1
    return new Promise((resolve) => {
      environment.after(ms, resolve)
    })
  }
  return {
    save(change) {
      if (busy === undefined) busy = run(change)
      else waiting = waiting === undefined ? change : merge(waiting, change)
    },
    async clear() {
      waiting = undefined
      await busy
      await storage.clear()
    },
  }
}

function merge(earlier: SyncChange, later: SyncChange): SyncChange {
  return {
    userId: later.userId,
    mark: later.mark ?? earlier.mark,
    positions: new Map([...earlier.positions, ...later.positions]),
    events: [...earlier.events, ...later.events],
  }
}
