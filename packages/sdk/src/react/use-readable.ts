import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { Readable } from '../readable.ts'

/**
 * Finds a part of a client's store anew when one of `of` is another, and not before it is listened to or looked at: a
 * server that renders a page does neither.
 */
export function usePart<Part>(find: () => Part, of: readonly unknown[]): () => Part {
  return useMemo(() => {
    let part: { readonly found: Part } | undefined
    return () => (part ??= { found: find() }).found
  }, of)
}

/**
 * What a readable shows, and `beginning` where nothing can be known yet: on a server, and in a browser as long as it takes
 * over what a server has rendered.
 */
export function useReadable<T>(part: () => Readable<T>, beginning: T): T {
  return useSelected(part, whole, beginning)
}

/** A part of what a readable shows. `select` answers the same for the same. */
export function useSelected<T, Selected>(
  part: () => Readable<T>,
  select: (value: T) => Selected,
  beginning: Selected,
): Selected {
  const subscribe = useCallback((listener: () => void) => part().subscribe(listener), [part])
  return useSyncExternalStore(
    subscribe,
    () => select(part().get()),
    () => beginning,
  )
}

function whole<T>(value: T): T {
  return value
}
