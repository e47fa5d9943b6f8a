/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { JSX } from 'hono/jsx/jsx-runtime'

/** A time, in UTC: a page without scripts does not know where its reader is. */
export function Time({ at }: { at: number }): JSX.Element {
  const iso = new Date(at).toISOString()
  return <time datetime={iso}>{`${iso.slice(0, 10)}, ${iso.slice(11, 16)} UTC`}</time>
}
