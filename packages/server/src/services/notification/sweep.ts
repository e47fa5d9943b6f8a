import { deleteAddresseesOf, listExpired } from '../../stores/addressee-sweep.ts'
import type { Deps } from '../deps.ts'
import type { Breath } from '../jobs.ts'
import { sweepPages, sweepSlices } from '../sweep.ts'

/** Notifications of one page. */
const PAGE = 1000
/** Rows of one transaction: of one notification there is one for each user. */
const SLICE = 1000

/** Takes what has expired off the lists, until nothing is left of it or the server closes; answers how many. */
export async function sweepNotifications(
  { database }: Pick<Deps, 'database'>,
  breath: Breath,
): Promise<number> {
  const endedBefore = await database.now()
  return sweepPages<number>(breath, {
    look: (after) => listExpired(database, { after, limit: PAGE, endedBefore }),
    take: (notificationKeys) =>
      sweepSlices(breath, SLICE, (limit) =>
        database.tx((tx) => deleteAddresseesOf(database, tx, { notificationKeys, limit })),
      ),
  })
}
