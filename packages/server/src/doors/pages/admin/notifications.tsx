/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { nameKey } from '@tidings/protocol'
import { LIMITS, TidingsError } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Choice, TextArea, TextField } from '../base/fields.tsx'
import { Form } from '../base/layout.tsx'
import { formProblem, problemOf, type Again } from '../base/problems-of.ts'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { AdminPage } from './frame.tsx'

/** What apps are told that a notification of an administrator is. */
const KIND = 'administration'

/** The form for a notification. */
export function showNotify(visit: OwnVisit): Promise<Response> {
  return answerPage(notifyPage(visit))
}

function notifyPage(visit: OwnVisit, again?: Again): JSX.Element {
  const { fields, error } = again ?? {}
  // Made with the form: sent twice it is one notification.
  const id = fields?.exact('id') ?? visit.deps.machine.newId()
  return (
    <AdminPage visit={visit} title="Notify users" at="/admin/notifications" error={error}>
      <section class="card" aria-label="Notification">
        <Form visit={visit} action="/admin/notifications">
          <input type="hidden" name="id" value={id} />
          <Addressees again={again} />
          <TextField
            name="title"
            label="Title"
            value={fields?.exact('title')}
            problem={problemOf(error, 'title')}
            maxlength={LIMITS.notificationTitleLength}
            required
          />
          <TextArea
            name="body"
            label="Text"
            value={fields?.exact('body')}
            problem={problemOf(error, 'body')}
          />
          <TextField
            name="link"
            label="Link"
            type="url"
            value={fields?.exact('link')}
            problem={problemOf(error, 'link')}
          />
          <button type="submit">Send</button>
        </Form>
      </section>
    </AdminPage>
  )
}

function Addressees({ again }: { readonly again: Again | undefined }): JSX.Element {
  const { fields, error } = again ?? {}
  const isToAll = fields?.exact('to') === 'all'
  return (
    <>
      <fieldset>
        <legend>To whom</legend>
        <Choice name="to" value="some" type="radio" label="The users below" checked={!isToAll} />
        <Choice name="to" value="all" type="radio" label="Everybody" checked={isToAll} />
      </fieldset>
      <TextArea
        name="users"
        label="Users"
        hint="By name, one a line."
        value={fields?.exact('users')}
        problem={problemOf(error, 'users')}
      />
    </>
  )
}

/** Sends it. */
export async function notify(visit: OwnVisit, fields: Fields): Promise<Response> {
  const { notification } = visit.call
  try {
    await notification.send({
      to: fields.exact('to') === 'all' ? 'all' : { userIds: await idsOf(visit, fields) },
      clientNotificationId: fields.exact('id'),
      kind: KIND,
      title: fields.text('title'),
      body: fields.optional('body'),
      link: fields.optional('link'),
    })
    return leadTo(visit.href('/admin/notifications?done=sent'))
  } catch (thrown) {
    const error = formProblem(thrown)
    return answerPage(notifyPage(visit, { fields, error }), { error })
  }
}

/** @throws TidingsError INVALID_INPUT, which names who is not there */
async function idsOf(visit: OwnVisit, fields: Fields): Promise<string[]> {
  const names = [...new Set(fields.lines('users'))]
  const problem = (message: string) =>
    new TidingsError('INVALID_INPUT', undefined, { fields: [{ path: 'users', message }] })
  if (names.length === 0) throw problem('one at least')
  if (names.length > LIMITS.notificationUsers)
    throw problem(`at most ${LIMITS.notificationUsers} at once`)
  const found: string[] = []
  for (const username of names) {
    const id = await findId(visit, username)
    if (id === undefined) throw problem(`there is no user ${username}`)
    found.push(id)
  }
  return found
}

/** As administrators find users: `user.get` says nothing of those who have blocked this one. */
async function findId({ call }: OwnVisit, username: string): Promise<string | undefined> {
  if (username.length > LIMITS.usernameLength) return undefined
  // Of the names that begin so the name itself is the first.
  const { items } = await call.admin.listUsers({ search: username, limit: 1 })
  return items.find((user) => nameKey(user.username) === nameKey(username))?.id
}
