/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { OAuthClient, TidingsError } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage } from '../base/answer.ts'
import { Done } from '../base/done.tsx'
import { Choice } from '../base/fields.tsx'
import { Form, Notice, Page } from '../base/layout.tsx'
import { formProblem } from '../base/problems-of.ts'
import { Problems } from '../base/problem.tsx'
import { Face, StateTag } from '../base/tags.tsx'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { ClientFields, inputOf, NEW_CLIENT, valuesIn, type ClientValues } from './client-form.tsx'

/** The apps that somebody has registered. */
export async function showClients(visit: OwnVisit): Promise<Response> {
  const clients = await visit.call.oauth.listClients()
  return answerPage(
    <Page visit={visit} title="Your apps" place="developer">
      <Done visit={visit} />
      <p>
        Apps act for users who let them. Register one, try it with your own account, and have it
        verified when others shall use it.
      </p>
      <p>
        <a class="button" href={visit.href('/developer/new')}>
          Register an app
        </a>
      </p>
      {clients.length === 0 ? (
        <p class="card quiet">You have no apps yet.</p>
      ) : (
        <section class="card" aria-label="Apps">
          <ul class="rows">
            {clients.map((client) => (
              <ClientRow visit={visit} client={client} />
            ))}
          </ul>
        </section>
      )}
    </Page>,
  )
}

function ClientRow({ visit, client }: { visit: OwnVisit; client: OAuthClient }): JSX.Element {
  return (
    <li>
      <Face name={client.name} />
      <div class="what">
        <p>
          <a href={visit.href(`/developer/apps/${client.id}`)}>{client.name}</a>{' '}
          <StateTag client={client} />
        </p>
        {client.description === null ? null : <p class="quiet small">{client.description}</p>}
      </div>
    </li>
  )
}

interface NewProps {
  readonly visit: OwnVisit
  readonly values: ClientValues
  readonly isPublic?: boolean | undefined
  readonly error?: TidingsError | undefined
}

function NewClientPage({ visit, values, isPublic = false, error }: NewProps): JSX.Element {
  return (
    <Page visit={visit} title="Register an app" place="developer">
      <Problems error={error} />
      <div class="card">
        <Form visit={visit} action="/developer/new">
          <ClientFields values={values} error={error} />
          <fieldset>
            <legend>Secret</legend>
            <Choice
              name="public"
              value="yes"
              label="The app can keep no secret"
              hint="It runs on people’s own devices or in their browsers: it gets a client_id alone."
              checked={isPublic}
            />
          </fieldset>
          <button type="submit">Register</button>
        </Form>
      </div>
    </Page>
  )
}

/** The form for a new app. */
export function showNewClient(visit: OwnVisit): Promise<Response> {
  return answerPage(<NewClientPage visit={visit} values={NEW_CLIENT} />)
}

/** Registers an app, and shows its secret this once. */
export async function registerClient(visit: OwnVisit, fields: Fields): Promise<Response> {
  const isPublic = fields.exact('public') === 'yes'
  try {
    const input = { ...inputOf(fields), confidential: !isPublic }
    const { client, clientSecret } = await visit.call.oauth.createClient(input)
    return await answerPage(
      <SecretPage
        visit={visit}
        client={client}
        secret={clientSecret}
        title="Your app is registered"
      />,
    )
  } catch (thrown) {
    const error = formProblem(thrown)
    const values = valuesIn(fields)
    const page = <NewClientPage visit={visit} values={values} isPublic={isPublic} error={error} />
    return answerPage(page, { error })
  }
}

interface SecretProps {
  readonly visit: OwnVisit
  readonly client: Pick<OAuthClient, 'id' | 'name'>
  readonly secret: string | null
  readonly title: string
}

/** The one time that a secret is seen. */
export function SecretPage({ visit, client, secret, title }: SecretProps): JSX.Element {
  return (
    <Page visit={visit} title={title} place="developer">
      {secret === null ? null : (
        <Notice tone="warn">
          <p>
            This is the only time that you see the secret. Keep it where your app finds it and
            nobody else does; here only its digest is kept.
          </p>
        </Notice>
      )}
      <section class="card" aria-label={client.name}>
        <h2>{client.name}</h2>
        <p>
          <strong>client_id</strong>
          <code class="secret">{client.id}</code>
        </p>
        {secret === null ? (
          <p>The app has no secret: it proves by PKCE that it is the one that has asked.</p>
        ) : (
          <p>
            <strong>client_secret</strong>
            <code class="secret">{secret}</code>
          </p>
        )}
        <p>
          <a class="button" href={visit.href(`/developer/apps/${client.id}`)}>
            To the app
          </a>
        </p>
      </section>
    </Page>
  )
}
