import type { NotificationRefs } from '@tidings/protocol/wire'
import type { JournalTx } from '../../journal/journal.ts'
import { deleteAddressees, listNotificationIds, markAddressees } from '../../stores/addressee.ts'
import { findUserStream } from '../../stores/user.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'

/** Marks notifications of the actor as read. What is read already, or not his, changes nothing and is no error. */
export function readNotifications(deps: Deps, actor: Actor, refs: NotificationRefs): Promise<void> {
  return change(deps, actor, { refs, change: 'read' })
}

/** Takes notifications off the actor's list. What is not there changes nothing and is no error. */
export function removeNotifications(
  deps: Deps,
  actor: Actor,
  refs: NotificationRefs,
): Promise<void> {
  return change(deps, actor, { refs, change: 'removed' })
}

interface Change {
  readonly refs: NotificationRefs
  readonly change: 'read' | 'removed'
}

/** His devices are told by one event of what has become different, and of nothing when nothing has. */
async function change(deps: Deps, actor: Actor, wanted: Change): Promise<void> {
  const { refs, change: what } = wanted
  await deps.journal.transact(async (journal) => {
    const streamKey = await findUserStream(deps.database, journal.tx, actor.userKey)
    if (streamKey === undefined) return
    await journal.lock([streamKey])
    const changed = await write(deps, journal, { userKey: actor.userKey, ...wanted })
    if (changed.length === 0) return
    const whole =
      'upTo' in refs
        ? { upTo: refs.upTo }
        : { notificationIds: await listNotificationIds(deps.database, journal.tx, changed) }
    const body = { change: what, ...whole }
    await journal.append({ streamKey, type: 'notification.updated', actor: null, body })
  })
}

/** The keys of the notifications for which it makes a difference. */
async function write(
  { database }: Deps,
  journal: JournalTx,
  { userKey, refs, change: what }: Change & { readonly userKey: number },
): Promise<readonly number[]> {
  const whose = { userKey, ...refs }
  return what === 'read'
    ? markAddressees(database, journal.tx, { ...whose, now: await journal.now() })
    : deleteAddressees(database, journal.tx, whose)
}
