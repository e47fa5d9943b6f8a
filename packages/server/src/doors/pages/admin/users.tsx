/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { AdminUser } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { TextField } from '../base/fields.tsx'
import { Form } from '../base/layout.tsx'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { Time } from '../base/words.tsx'
import { AdminPage, cursorOf, Next } from './frame.tsx'

/** All users, by name. */
export async function showUsers(visit: OwnVisit): Promise<Response> {
  const search = (visit.request.req.query('search') ?? '').trim()
  const { items, next } = await visit.call.admin.listUsers({
    cursor: cursorOf(visit),
    search: search === '' ? undefined : search,
  })
  return answerPage(
    <AdminPage visit={visit} title="Users" at="/admin/users">
      <form method="get" action={visit.href('/admin/users')} role="search" class="card search">
        <TextField
          name="search"
          label="Name begins with"
          type="search"
          value={search}
          maxlength={32}
        />
        <button type="submit" class="plain">
          Search
        </button>
      </form>
      {items.length === 0 ? (
        <p class="card quiet">Nobody is called so.</p>
      ) : (
        <section class="card" aria-label="Users">
          <ul class="rows">
            {items.map((user) => (
              <UserRow visit={visit} user={user} />
            ))}
          </ul>
        </section>
      )}
      <Next visit={visit} next={next} />
    </AdminPage>,
  )
}

function UserRow({ visit, user }: { visit: OwnVisit; user: AdminUser }): JSX.Element {
  const { id, username, email, role, suspendedAt, createdAt } = user
  return (
    <li>
      <div class="what">
        <p>
          <strong>{username}</strong>{' '}
          {role === 'admin' ? <span class="tag good">administrator</span> : null}{' '}
          {suspendedAt === null ? null : <span class="tag bad">suspended</span>}
        </p>
        <p class="quiet small">
          {email === null ? null : `${email}, `}
          here since <Time at={createdAt} />
        </p>
      </div>
      {id === visit.actor.userId ? (
        <span class="quiet">you</span>
      ) : (
        <UserForms visit={visit} user={user} />
      )}
    </li>
  )
}

function UserForms({ visit, user }: { visit: OwnVisit; user: AdminUser }): JSX.Element {
  const { id, username, role, suspendedAt } = user
  const isSuspended = suspendedAt !== null
  const acts = [
    { act: 'sign-out', verb: 'Sign out everywhere', tone: 'plain' },
    role === 'admin'
      ? { act: 'make-user', verb: 'Take the office away', tone: 'plain' }
      : { act: 'make-admin', verb: 'Make administrator', tone: 'plain' },
    isSuspended
      ? { act: 'resume', verb: 'Resume', tone: 'plain' }
      : { act: 'suspend', verb: 'Suspend', tone: 'danger' },
  ]
  return (
    <div class="buttons">
      {acts.map(({ act, verb, tone }) => (
        <Form visit={visit} action={`/admin/users/${id}`}>
          <input type="hidden" name="act" value={act} />
          <button type="submit" class={tone} aria-label={`${verb}: ${username}`}>
            {verb}
          </button>
        </Form>
      ))}
    </div>
  )
}

/** Does one thing to a user. */
export async function changeUser(visit: OwnVisit, fields: Fields): Promise<Response> {
  const userId = visit.request.req.param('id') ?? ''
  const { admin } = visit.call
  const acts = new Map<string, readonly [done: string, carryOut: () => Promise<void>]>([
    ['sign-out', ['signed-out', () => admin.signOutUser({ userId })]],
    ['suspend', ['suspended', () => admin.setUserSuspended({ userId, suspended: true })]],
    ['resume', ['resumed', () => admin.setUserSuspended({ userId, suspended: false })]],
    ['make-admin', ['saved', () => admin.setUserRole({ userId, role: 'admin' })]],
    ['make-user', ['saved', () => admin.setUserRole({ userId, role: 'user' })]],
  ])
  const [done, carryOut] = acts.get(fields.exact('act')) ?? ['', () => Promise.resolve()]
  await carryOut()
  return leadTo(visit.href(`/admin/users?done=${done}`))
}
