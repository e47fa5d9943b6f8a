/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { AuditEntry } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage } from '../base/answer.ts'
import type { OwnVisit } from '../base/visit.ts'
import { Time } from '../base/words.tsx'
import { AdminPage, cursorOf, Next } from './frame.tsx'

/** What was done, by whom and when. There is nothing on this page that could change it. */
export async function showAudit(visit: OwnVisit): Promise<Response> {
  const target = visit.request.req.query('target')
  const { items, next } = await visit.call.admin.listAudit({ cursor: cursorOf(visit), target })
  const names = await namesOf(visit, items)
  return answerPage(
    <AdminPage visit={visit} title="Audit log" at="/admin/audit">
      {items.length === 0 ? <p class="card quiet">Nothing has been done yet.</p> : null}
      <div class="card scroll" tabindex={0} role="region" aria-label="Entries">
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">What</th>
              <th scope="col">To what</th>
              <th scope="col">Details</th>
            </tr>
          </thead>
          <tbody>
            {items.map((entry) => (
              <Entry visit={visit} entry={entry} name={names.get(entry.target ?? '')} />
            ))}
          </tbody>
        </table>
      </div>
      <Next visit={visit} next={next} />
    </AdminPage>,
  )
}

/** Of users whom something was done to. The log has their ids, and who was erased has no name any more. */
async function namesOf(
  { call }: OwnVisit,
  items: readonly AuditEntry[],
): Promise<ReadonlyMap<string, string>> {
  const userIds = items.flatMap(({ action, target }) =>
    action.startsWith('user.') && target !== null ? [target] : [],
  )
  if (userIds.length === 0) return new Map()
  const users = await call.user.list({ userIds: [...new Set(userIds)] })
  return new Map(users.map(({ id, username }) => [id, username]))
}

interface EntryProps {
  readonly visit: OwnVisit
  readonly entry: AuditEntry
  readonly name: string | undefined
}

function Entry({ visit, entry, name }: EntryProps): JSX.Element {
  const { createdAt, actor, action, target, details } = entry
  const about = visit.href(`/admin/audit?target=${encodeURIComponent(target ?? '')}`)
  return (
    <tr>
      <td>
        <Time at={createdAt} />
      </td>
      <td>{actor?.username ?? 'the server'}</td>
      <td>{action}</td>
      <td>{target === null ? null : <a href={about}>{name ?? <code>{target}</code>}</a>}</td>
      <td>{details === null ? null : <code>{JSON.stringify(details)}</code>}</td>
    </tr>
  )
}
