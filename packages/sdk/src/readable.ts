/**
 * A value that changes, and how to hear of it. `get` answers the same object until there is another one, and both can be given
 * away as they are, so that it fits React's `useSyncExternalStore` and its likes.
 */
export interface Readable<T> {
  get(): T
  /** Calls back after each change. Answers how to stop. */
  subscribe(listener: () => void): () => void
}
