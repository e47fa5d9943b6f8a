import * as z from 'zod'
import { LIMITS } from './limits.ts'

/** Pages are by an opaque cursor; the `next` of one is the `cursor` of the next. */
export const pageInputSchema = z.object({
  cursor: z.string().max(LIMITS.pageCursorLength).optional(),
  limit: z.int().min(1).max(LIMITS.pageSize).default(50),
})
/** Which page of a list: the first, or the one whose `cursor` an earlier page has named as `next`. */
export type PageInput = z.input<typeof pageInputSchema>

/** A page of a list; `next` is null on the last one. What more there is to say stands beside. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() })
}
