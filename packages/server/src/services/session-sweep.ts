import { SESSION_IDLE_MS } from '../auth/session-life.ts'
import { deleteEndedCounts } from '../stores/guess-count.ts'
import { deleteRefreshTokens } from '../stores/refresh-token.ts'
import { deleteSessions } from '../stores/session-sweep.ts'
import { deleteTickets } from '../stores/ticket.ts'
import type { Deps } from './deps.ts'

/** Ended secrets are kept for a while: a late use of one is told apart from an invention. */
const KEEP_MS = 60 * 60 * 1000

/**
 * Forgets tickets, refresh tokens and sessions that ended long ago, and counts of guesses that are over; call it once in a while, on any node. Answers how
 * many sessions are gone.
 */
export async function sweepSessions({ database }: Pick<Deps, 'database'>): Promise<number> {
  const now = await database.now()
  await database.tx(async (tx) => {
    await deleteTickets(database, tx, now - KEEP_MS)
    await deleteRefreshTokens(database, tx, now - KEEP_MS)
    await deleteEndedCounts(database, tx, now)
  })
  return database.tx((tx) =>
    deleteSessions(database, tx, { endedBefore: now - SESSION_IDLE_MS, limit: SLICE }),
  )
}

/** Sessions of one transaction, so that none holds the database for long. */
const SLICE = 1000
