import { and, eq, isNull, lt } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'

/** A connection ticket, as a digest. */
export interface TicketRow {
  readonly digest: string
  readonly sessionKey: number
  /** The page that asked for it, or null. */
  readonly origin: string | null
  readonly createdAt: number
  readonly expiresAt: number
}

/** Writes a new, unused ticket. */
export async function insertTicket(database: Database, tx: Tx, ticket: TicketRow): Promise<void> {
  await tx.insert(database.tables.tickets).values(ticket)
}

/** Uses a ticket up and answers it; undefined when it is unknown or was used. Of many uses at once, one succeeds. */
export async function useTicket(
  database: Database,
  tx: Tx,
  { digest, usedAt }: { digest: string; usedAt: number },
): Promise<TicketRow | undefined> {
  const { tickets } = database.tables
  const [row] = await tx
    .update(tickets)
    .set({ usedAt })
    .where(and(eq(tickets.digest, digest), isNull(tickets.usedAt)))
    .returning({
      digest: tickets.digest,
      sessionKey: tickets.sessionKey,
      origin: tickets.origin,
      createdAt: tickets.createdAt,
      expiresAt: tickets.expiresAt,
    })
  return row
}

/** Forgets tickets that ended before a time. */
export async function deleteTickets(
  database: Database,
  tx: Tx,
  endedBefore: number,
): Promise<void> {
  const { tickets } = database.tables
  await tx.delete(tickets).where(lt(tickets.expiresAt, endedBefore))
}
