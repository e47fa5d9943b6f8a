import type { ClientStorage } from '../storage.ts'
import type { VirtualClock } from './clock.ts'

/** A storage whose files are waited for: what it does outside of this thread counts as something under way. */
export function watchedStorage(
  clock: VirtualClock,
  storage: ClientStorage | undefined,
): ClientStorage | undefined {
  if (storage === undefined) return undefined
  const watched = <T>(work: T | Promise<T>): T | Promise<T> =>
    work instanceof Promise ? clock.pending(work) : work
  return {
    read: (range) => watched(storage.read(range)),
    write: (changes) => watched(storage.write(changes)),
    clear: () => watched(storage.clear()),
    close: () => watched(storage.close?.()),
  }
}
