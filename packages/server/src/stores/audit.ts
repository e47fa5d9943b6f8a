import type { Json } from '@tidings/protocol/wire'
import { and, desc, eq, lt } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'

/** What somebody did that others must be able to see later. */
export interface AuditEntry {
  readonly at: number
  /** Null for the server itself, and for a client that acts for nobody. */
  readonly actorKey: number | null
  readonly action: string
  /** The id of what it was done to. */
  readonly target: string | null
  readonly details: Json
}

/** One with its place in the log. */
export interface AuditRow extends AuditEntry {
  readonly key: number
}

/** Adds an entry. Nothing changes or deletes one. */
export async function insertAuditEntry(
  { tables: { auditEntries } }: Database,
  tx: Tx,
  entry: AuditEntry,
): Promise<void> {
  await tx.insert(auditEntries).values(entry)
}

/** A page, the newest first. */
export async function listAuditEntries(
  { tables: { auditEntries } }: Database,
  reader: Reader,
  page: { readonly before: number; readonly target?: string | undefined; readonly limit: number },
): Promise<AuditRow[]> {
  const isBefore = lt(auditEntries.key, page.before)
  const isAbout = page.target === undefined ? undefined : eq(auditEntries.target, page.target)
  return reader
    .select()
    .from(auditEntries)
    .where(and(isBefore, isAbout))
    .orderBy(desc(auditEntries.key))
    .limit(page.limit)
}
