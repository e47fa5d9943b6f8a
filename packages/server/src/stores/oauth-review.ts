import { and, asc, desc, eq, gt, isNull } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'

/** What a client has asked administrators for. */
export interface OAuthReviewRow {
  readonly key: number
  readonly id: string
  readonly clientKey: number
  readonly kind: 'verification' | 'scopes'
  readonly scopes: readonly string[]
  readonly reason: string | null
  readonly state: 'pending' | 'approved' | 'rejected' | 'withdrawn'
  readonly reviewerKey: number | null
  readonly answer: string | null
  readonly createdAt: number
  readonly reviewedAt: number | null
}

/** Writes what a client asks for. */
export async function insertOAuthReview(
  { tables: { oauthReviews } }: Database,
  tx: Tx,
  review: Pick<OAuthReviewRow, 'id' | 'clientKey' | 'kind' | 'scopes' | 'reason' | 'createdAt'>,
): Promise<void> {
  await tx.insert(oauthReviews).values({ ...review, state: 'pending' })
}

/** What a client has asked for, the newest first. */
export async function listOAuthReviews(
  { tables: { oauthReviews } }: Database,
  reader: Reader,
  { clientKey, limit }: { clientKey: number; limit: number },
): Promise<OAuthReviewRow[]> {
  return reader
    .select()
    .from(oauthReviews)
    .where(eq(oauthReviews.clientKey, clientKey))
    .orderBy(desc(oauthReviews.key))
    .limit(limit)
}

/** Of a client that has not been deleted, what still waits for an answer. */
export async function listPendingOAuthReviews(
  { tables: { oauthReviews } }: Database,
  reader: Reader,
  { clientKey, kind }: Pick<OAuthReviewRow, 'clientKey' | 'kind'>,
): Promise<OAuthReviewRow[]> {
  const isPending = and(
    eq(oauthReviews.clientKey, clientKey),
    eq(oauthReviews.kind, kind),
    eq(oauthReviews.state, 'pending'),
  )
  return reader.select().from(oauthReviews).where(isPending).orderBy(asc(oauthReviews.key))
}

/** A page of what waits for an answer, the oldest first. */
export async function listReviewQueue(
  { tables: { oauthReviews, oauthClients } }: Database,
  reader: Reader,
  page: {
    readonly after: number
    readonly kind: OAuthReviewRow['kind'] | undefined
    readonly limit: number
  },
): Promise<OAuthReviewRow[]> {
  const isKind = page.kind === undefined ? undefined : eq(oauthReviews.kind, page.kind)
  const rows = await reader
    .select({ review: oauthReviews })
    .from(oauthReviews)
    .innerJoin(oauthClients, eq(oauthClients.key, oauthReviews.clientKey))
    .where(
      and(
        eq(oauthReviews.state, 'pending'),
        gt(oauthReviews.key, page.after),
        isNull(oauthClients.deletedAt),
        isKind,
      ),
    )
    .orderBy(asc(oauthReviews.key))
    .limit(page.limit)
  return rows.map(({ review }) => review)
}

/** One of them. */
export async function findOAuthReview(
  { tables: { oauthReviews } }: Database,
  reader: Reader,
  id: string,
): Promise<OAuthReviewRow | undefined> {
  const [row] = await reader.select().from(oauthReviews).where(eq(oauthReviews.id, id)).limit(1)
  return row
}

/** Writes what became of one. */
export async function endOAuthReview(
  { tables: { oauthReviews } }: Database,
  tx: Tx,
  { key, ...end }: Pick<OAuthReviewRow, 'key' | 'state' | 'reviewerKey' | 'answer' | 'reviewedAt'>,
): Promise<void> {
  await tx.update(oauthReviews).set(end).where(eq(oauthReviews.key, key))
}
