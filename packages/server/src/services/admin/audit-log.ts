import type { listAuditSchema } from '@tidings/protocol'
import type { AuditPage } from '@tidings/protocol/wire'
import type * as z from 'zod'
import { listAuditEntries } from '../../stores/audit.ts'
import { listPublicUsers } from '../../stores/user-list.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { requireAdministrator } from './administrator.ts'
import { parseKeyCursor, toKeyPage } from './key-page.ts'

/** What was done, by whom and when: the newest first. @throws TidingsError FORBIDDEN, INVALID_INPUT */
export async function listAudit(
  deps: Deps,
  actor: Actor,
  { cursor, limit, target }: z.output<typeof listAuditSchema>,
): Promise<AuditPage> {
  await requireAdministrator(deps, actor)
  const { database } = deps
  const before = parseKeyCursor(deps, 'audit', cursor) ?? Number.MAX_SAFE_INTEGER
  const page = { before, target, limit: limit + 1 }
  const rows = await listAuditEntries(database, database.read, page)
  const { shown, next } = toKeyPage(deps, 'audit', { rows, limit })
  const keys = shown.flatMap(({ actorKey }) => (actorKey === null ? [] : [actorKey]))
  const people = await listPublicUsers(database, database.read, keys)
  const items = shown.map(({ at, actorKey, action, target: about, details }) => ({
    createdAt: at,
    actor: people.get(actorKey ?? 0) ?? null,
    action,
    target: about,
    details,
  }))
  return { items, next }
}
