/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { OAuthConsent, OAuthScope } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Done } from '../base/done.tsx'
import { Form, Page } from '../base/layout.tsx'
import { Face, ScopeList } from '../base/tags.tsx'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { Time } from '../base/words.tsx'
import { AccountSections } from './home.tsx'

/** The apps that somebody has let act for him. */
export async function showApps(visit: OwnVisit): Promise<Response> {
  const consents = await visit.call.oauth.listConsents()
  const scopes = await visit.call.oauth.listScopes()
  return answerPage(
    <Page visit={visit} title="Connected apps" place="account">
      <Done visit={visit} />
      <AccountSections visit={visit} at="apps" />
      {consents.length === 0 ? (
        <p class="card quiet">You have let no app act for you.</p>
      ) : (
        consents.map((consent) => <AppCard visit={visit} consent={consent} scopes={scopes} />)
      )}
    </Page>,
  )
}

interface AppCardProps {
  readonly visit: OwnVisit
  readonly consent: OAuthConsent
  readonly scopes: readonly OAuthScope[]
}

function AppCard({ visit, consent, scopes }: AppCardProps): JSX.Element {
  const { id, name, limited, createdAt } = consent
  return (
    <section class="card" aria-labelledby={`app-${id}`}>
      <div class="head">
        <Face name={name} />
        <div>
          <h2 id={`app-${id}`}>{name}</h2>
          <p class="quiet small">
            Since <Time at={createdAt} />
          </p>
        </div>
      </div>
      <p>{limited ? 'In the conversations that you have chosen, it may:' : 'It may:'}</p>
      <ScopeList names={consent.scopes} scopes={scopes} />
      <Form visit={visit} action="/account/apps/disconnect">
        <input type="hidden" name="consent" value={id} />
        <button type="submit" class="danger" aria-label={`Disconnect ${name}`}>
          Disconnect
        </button>
      </Form>
    </section>
  )
}

/** Takes back what an app was let do. */
export async function disconnectApp(visit: OwnVisit, fields: Fields): Promise<Response> {
  await visit.call.oauth.revokeConsent({ consentId: fields.exact('consent') })
  return leadTo(visit.href('/account/apps?done=disconnected'))
}
