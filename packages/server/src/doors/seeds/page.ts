import { LIMITS, TidingsError } from '@tidings/protocol/wire'
import * as z from 'zod'

/** Which part of a list is asked for; the first page is 1. */
export interface PageOf {
  readonly page: number
  readonly perPage: number
}

const pageSchema = z.object({
  page: z.coerce.number().int().min(1).max(100_000).optional(),
  per_page: z.coerce.number().int().min(1).max(LIMITS.pageSize).optional(),
})

/** Where lists begin, and how long their pages are, when a client does not say. */
const FIRST_PAGE: PageOf = { page: 1, perPage: 50 }

/**
 * The page that a client of a seed asks for by `page` and `per_page`.
 *
 * @param otherwise what it has when it does not say. @default `{ page: 1, perPage: 50 }`
 * @throws TidingsError INVALID_INPUT
 */
export function pageOf(params: Readonly<Record<string, unknown>>, otherwise = FIRST_PAGE): PageOf {
  const parsed = pageSchema.safeParse(params)
  if (parsed.success) {
    const { page = otherwise.page, per_page: perPage = otherwise.perPage } = parsed.data
    return { page, perPage }
  }
  const message = `page is 1 or more, per_page 1 to ${LIMITS.pageSize}`
  throw new TidingsError('INVALID_INPUT', undefined, { fields: [{ path: 'page', message }] })
}
