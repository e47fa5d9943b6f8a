import { LIMITS } from '@tidings/protocol/wire'
import { SESSION_ABSOLUTE_MS, SESSION_IDLE_MS } from '../auth/session-life.ts'
import type { Database } from '../db/database.ts'
import { readEpoch } from '../db/settings.ts'
import type { Journal } from '../journal/journal.ts'
import {
  listLastSeen,
  listPresencePlaces,
  listPresentMembers,
  updateLastSeen,
} from '../stores/presence.ts'
import { listPresenceLimits } from '../stores/presence-limits.ts'
import { listEndedSessions, touchSessions } from '../stores/session.ts'
import { findHead, listMovedHeads } from '../stores/stream-head.ts'
import type { Source } from './source.ts'

/** Of so many of a user's conversations, the newest, the members are told that he has come or gone. */
const CONVERSATIONS = 1000

/** Live delivery's view of a database and its journal. */
export function openSource(database: Database, journal: Journal): Source {
  return {
    epoch: journal.epoch,
    soleWriter: database.engine === 'sqlite',
    readAfter: (streamKey, after, limit) => journal.readAfter(streamKey, after, limit),
    async readNewest(streamKey, limit) {
      const head = await findHead(database, database.read, streamKey)
      if (head === undefined) return []
      // What commits between the two is read as well: `limit` counts from the head.
      return journal.readAfter(streamKey, Math.max(0, head - limit), 2 * limit)
    },
    readAudience: (streamKey, after) => journal.audience(streamKey, after),
    async readClock() {
      // The time first: a commit after it is looked for again by the next check.
      const now = await database.now()
      return { now, epoch: await readEpoch(database) }
    },
    async findMoved(userKeys, since) {
      const moved = await listMovedHeads(database, database.read, { userKeys, since })
      return moved.map(({ streamKey, head }) => [streamKey, head] as const)
    },
    async touch(keys) {
      const now = await database.now()
      const life = { idleMs: SESSION_IDLE_MS, absoluteMs: SESSION_ABSOLUTE_MS }
      await database.tx((tx) => touchSessions(database, tx, { keys, now, ...life }))
    },
    async findEnded(keys) {
      const now = await database.now()
      return listEndedSessions(database, database.read, { keys, now })
    },
    ...presenceSource(database),
  }
}

function presenceSource(
  database: Database,
): Pick<
  Source,
  'listPresencePlaces' | 'listPresentMembers' | 'readPresenceLimits' | 'noteSeen' | 'readSeen'
> {
  return {
    listPresencePlaces: (userKeys) =>
      listPresencePlaces(database, database.read, {
        userKeys,
        newest: CONVERSATIONS,
        maxMembers: LIMITS.presenceMembers,
      }),
    listPresentMembers: (conversationKeys) =>
      listPresentMembers(database, database.read, conversationKeys),
    readPresenceLimits: (userKeys, viewerKeys) =>
      listPresenceLimits(database, database.read, { userKeys, viewerKeys }),
    async noteSeen(departures) {
      const now = await database.now()
      const seen = new Map(
        departures.map(({ userKey, agoMs }) => [userKey, now - Math.round(agoMs)]),
      )
      await database.tx((tx) => updateLastSeen(database, tx, seen))
      return seen
    },
    readSeen: (userKeys) => listLastSeen(database, database.read, userKeys),
  }
}
