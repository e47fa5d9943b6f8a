import type { Event } from '@tidings/protocol/wire'
import type { Mark, Position } from '@tidings/protocol/sync'

/** How far a client has got. */
export interface SyncSnapshot {
  /** Whose positions these are. */
  readonly userId: string | undefined
  /** Missing until the client has been level with the server once. */
  readonly mark: Mark | undefined
  /** By stream. */
  readonly positions: ReadonlyMap<string, Position>
}

/** What has changed since the last save. Belongs together: all of it is kept, or nothing. */
export interface SyncChange {
  readonly userId: string | undefined
  readonly mark: Mark | undefined
  /** New positions by stream; `undefined` drops the stream. */
  readonly positions: ReadonlyMap<string, Position | undefined>
  /** The events that lead to these positions, in order, for a storage that keeps data in the same transaction. */
  readonly events: readonly Event[]
}

/**
 * Where a client keeps how far it has got. One storage serves one client at a time. Saves come one after the other, the
 * next one after the promise of the last; each is durable when it resolves.
 *
 * The listeners of an event are called before it is saved: a program that dies in between is given the event again.
 */
export interface SyncStorage {
  load(): SyncSnapshot | undefined | Promise<SyncSnapshot | undefined>
  /** A save that fails is made again, together with what has come since. */
  save(change: SyncChange): void | Promise<void>
  /** Forgets everything: another user has signed in, or this one has signed out. */
  clear(): void | Promise<void>
}

/** Keeps positions as long as the program runs: a later one starts afresh, at the heads. */
export function memoryStorage(): SyncStorage {
  const positions = new Map<string, Position>()
  let mark: Mark | undefined
  let userId: string | undefined
  return {
    load: () =>
      userId === undefined && mark === undefined ? undefined : { userId, mark, positions },
    save(change) {
      userId = change.userId
      mark = change.mark ?? mark
      for (const [stream, position] of change.positions) {
        if (position === undefined) positions.delete(stream)
        else positions.set(stream, position)
      }
    },
    clear() {
      positions.clear()
      mark = undefined
      userId = undefined
    },
  }
}
