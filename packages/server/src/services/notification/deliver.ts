import { listNotifiableFrom } from '../../stores/addressee.ts'
import {
  findUnfinishedNotification,
  lockNotification,
  updateDelivery,
} from '../../stores/notification.ts'
import type { Deps } from '../deps.ts'
import type { Breath } from '../jobs.ts'
import { giveNotification } from './give.ts'

/** Users of one transaction: none waits long behind it. */
const BATCH = 100

/**
 * Gives notifications for everybody to those who do not have them yet, some users a transaction, and how far it has got is
 * written with them: after a crash it goes on there, on whichever node, and nobody gets one twice. Several nodes may do it at
 * once; they take turns. Who registers after a notification was sent does not get it.
 */
export async function deliverNotifications(deps: Deps, breath: Breath): Promise<void> {
  while (!breath.ended) {
    const key = await findUnfinishedNotification(deps.database)
    if (key === undefined) return
    await deliverSome(deps, key)
    await breath.take()
  }
}

async function deliverSome({ database, journal }: Deps, key: number): Promise<void> {
  await journal.transact(async (journalTx) => {
    const { tx } = journalTx
    const row = await lockNotification(database, tx, key)
    if (row === undefined || row.finishedAt !== null) return
    const now = await journalTx.now()
    const isOver = row.expiresAt !== null && row.expiresAt <= now
    const range = { after: row.givenTo, upTo: row.forUsersTo, limit: BATCH }
    const users = isOver ? [] : await listNotifiableFrom(database, tx, range)
    await giveNotification(database, journalTx, { row, users })
    await updateDelivery(database, tx, {
      key,
      givenTo: users.at(-1)?.key ?? row.givenTo,
      more: users.length,
      finishedAt: users.length < BATCH ? now : null,
    })
  })
}
