import type { Deps } from '../deps.ts'
import { invalidCursor } from '../page-cursor.ts'

type AuthDeps = Pick<Deps, 'auth'>

/** Which list: its cursors are good for no other. */
type KeyList = 'clients' | 'reviews' | 'audit'

/**
 * The key after which a page begins; undefined for the first page.
 * @throws TidingsError INVALID_INPUT for anything that this server did not give out for this list
 */
export function parseKeyCursor(
  { auth }: AuthDeps,
  list: KeyList,
  cursor: string | undefined,
): number | undefined {
  if (cursor === undefined) return undefined
  const key = auth.keyCursors.open(list, cursor)
  if (key === undefined) throw invalidCursor()
  return key
}

/** What a page shows of rows of which one more than fits was asked for, and the cursor of the next page: null on the last. */
export function toKeyPage<Row extends { readonly key: number }>(
  { auth }: AuthDeps,
  list: KeyList,
  { rows, limit }: { readonly rows: readonly Row[]; readonly limit: number },
): { readonly shown: Row[]; readonly next: string | null } {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { shown, next: last === undefined ? null : auth.keyCursors.seal(list, last.key) }
}
