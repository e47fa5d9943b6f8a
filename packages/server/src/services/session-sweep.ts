import { SESSION_IDLE_MS } from '../auth/session-life.ts'
import { deleteEnded, listEnded, type Ending } from '../db/ending.ts'
import { countsOf, deleteSessions, listEndedSessions, secretsOf } from '../stores/session-sweep.ts'
import type { Deps } from './deps.ts'
import type { Breath } from './jobs.ts'
import { sweepPages } from './sweep.ts'

/** Ended secrets are kept for a while: a late use of one is told apart from an invention. */
const KEEP_MS = 60 * 60 * 1000

/** Secrets and counts of one page: those that have ended go by one statement. */
const DIGESTS = 2000
/** Sessions of one page: those that have ended go with all that belongs to them. */
const SESSIONS = 1000

/**
 * Forgets tickets, refresh tokens, codes of mails and sessions that ended long ago, and counts of guesses that are over, until
 * nothing is left of that or the server closes; call it once in a while, on any node. Answers how many sessions are gone.
 */
export async function sweepSessions(
  { database }: Pick<Deps, 'database'>,
  breath: Breath,
): Promise<number> {
  const now = await database.now()
  for (const secrets of secretsOf(database)) await sweep(secrets, now - KEEP_MS)
  await sweep(countsOf(database), now)
  const endedBefore = now - SESSION_IDLE_MS
  return sweepPages<number>(breath, {
    look: (after) => listEndedSessions(database, { after, limit: SESSIONS, endedBefore }),
    take: (keys) => database.tx((tx) => deleteSessions(database, tx, { keys, endedBefore })),
  })

  function sweep(ending: Ending, before: number): Promise<number> {
    return sweepPages<string>(breath, {
      look: (after) => listEnded(database, ending, { after, limit: DIGESTS, endedBefore: before }),
      take: (ids) =>
        database.tx((tx) => deleteEnded(database, tx, { ending, ids, endedBefore: before })),
    })
  }
}
