/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Session } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Form, Page } from '../base/layout.tsx'
import { Done } from '../base/done.tsx'
import { Time } from '../base/words.tsx'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { Identities } from './identities.tsx'

/** Who one is, and where one is signed in. */
export async function showAccount(visit: OwnVisit): Promise<Response> {
  const user = await visit.call.account.get()
  const sessions = await visit.call.session.list()
  const identities = await visit.call.identity.list()
  const providers = await visit.call.identity.listProviders()
  return answerPage(
    <Page visit={visit} title="Your account" place="account">
      <Done visit={visit} />
      <AccountSections visit={visit} at="account" />
      <section class="card" aria-labelledby="you">
        <h2 id="you">You</h2>
        <dl class="facts">
          <dt>Name</dt>
          <dd>{user.username}</dd>
          <dt>E-mail address</dt>
          <dd>{user.email ?? 'none'}</dd>
          <dt>Here since</dt>
          <dd>
            <Time at={user.createdAt} />
          </dd>
        </dl>
      </section>
      <section class="card" aria-labelledby="sessions">
        <h2 id="sessions">Where you are signed in</h2>
        <ul class="rows">
          {sessions.map((session) => (
            <SessionRow visit={visit} session={session} />
          ))}
        </ul>
      </section>
      <Identities visit={visit} identities={identities} providers={providers} />
    </Page>,
  )
}

/** The pages of one's own account. */
export function AccountSections({
  visit,
  at,
}: {
  visit: OwnVisit
  at: 'account' | 'apps'
}): JSX.Element {
  return (
    <nav class="sections" aria-label="Your account">
      <ul>
        <li>
          <a href={visit.href('/account')} aria-current={at === 'account' ? 'page' : undefined}>
            You and your sessions
          </a>
        </li>
        <li>
          <a href={visit.href('/account/apps')} aria-current={at === 'apps' ? 'page' : undefined}>
            Connected apps
          </a>
        </li>
      </ul>
    </nav>
  )
}

function SessionRow({ visit, session }: { visit: OwnVisit; session: Session }): JSX.Element {
  const { id, name, platform, model, current, lastSeenAt } = session
  const title = [name ?? 'A device without a name', model, platform].filter(Boolean).join(', ')
  return (
    <li>
      <div class="what">
        <p>
          <strong>{title}</strong> {current ? <span class="tag good">this one</span> : null}
        </p>
        <p class="quiet small">
          Last used <Time at={lastSeenAt} />
        </p>
      </div>
      {current ? null : (
        <Form visit={visit} action="/account/sessions/end">
          <input type="hidden" name="session" value={id} />
          <button type="submit" class="danger" aria-label={`End the session: ${title}`}>
            End
          </button>
        </Form>
      )}
    </li>
  )
}

/** Ends one of one's own sessions. */
export async function endSession(visit: OwnVisit, fields: Fields): Promise<Response> {
  await visit.call.session.revoke({ sessionId: fields.exact('session') })
  return leadTo(visit.href('/account?done=session-ended'))
}
