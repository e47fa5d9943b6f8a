import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'
import { prepareInsert } from '../db/insert-rows.ts'
import { perDatabase } from './per-database.ts'

/** A connection ticket, as a digest. */
export interface TicketRow {
  readonly digest: string
  readonly sessionKey: number
  /** The page that asked for it, or null. */
  readonly origin: string | null
  /** Of an OAuth client: what the token may that asked for it. */
  readonly scope: string | null
  /** When the connection ends that it opens; null for with its session. */
  readonly endsAt: number | null
  readonly createdAt: number
  readonly expiresAt: number
}

/** Writes a new, unused ticket. */
export function insertTicket(database: Database, tx: Tx, ticket: TicketRow): Promise<void> {
  return ticketInsert(database)(tx, [ticket])
}

const ticketInsert = perDatabase((database) => prepareInsert(database, database.tables.tickets))

/** Uses a ticket up and answers it; undefined when it is unknown or was used. Of many uses at once, one succeeds. */
export async function useTicket(
  database: Database,
  tx: Tx,
  use: { readonly digest: string; readonly usedAt: number },
): Promise<TicketRow | undefined> {
  const [row] = await ticketUse(database)(tx, use)
  return row
}

const ticketUse = perDatabase((database) => {
  const { tickets } = database.tables
  return database.prepare((on) =>
    on
      .update(tickets)
      .set({ usedAt: sql`${sql.placeholder('usedAt')}` })
      .where(and(eq(tickets.digest, sql.placeholder('digest')), isNull(tickets.usedAt)))
      .returning({
        digest: tickets.digest,
        sessionKey: tickets.sessionKey,
        origin: tickets.origin,
        scope: tickets.scope,
        endsAt: tickets.endsAt,
        createdAt: tickets.createdAt,
        expiresAt: tickets.expiresAt,
      }),
  )
})
