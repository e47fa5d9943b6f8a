/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { OAuthClientDetails, OAuthScope, TidingsError } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Done } from '../base/done.tsx'
import { Form, Notice, Page } from '../base/layout.tsx'
import { formProblem } from '../base/problems-of.ts'
import { Problems } from '../base/problem.tsx'
import { Face, ScopeList, StateTag } from '../base/tags.tsx'
import { clientIdOf, type Fields, type OwnVisit } from '../base/visit.ts'
import { ClientFields, inputOf, valuesIn, valuesOf, type ClientValues } from './client-form.tsx'
import { SecretPage } from './list.tsx'
import { ReviewSection, ScopeSection } from './review.tsx'

/** One app, with everything that can be done with it. */
export async function showClient(visit: OwnVisit): Promise<Response> {
  const client = await visit.call.oauth.getClient({ clientId: clientIdOf(visit) })
  return answerPage(await clientPage(visit, { client }))
}

/** How the page of an app is shown again. */
export interface ClientPageState {
  readonly client: OAuthClientDetails
  readonly values?: ClientValues | undefined
  /** What was filled in to ask for something. */
  readonly asked?: Fields | undefined
  readonly error?: TidingsError | undefined
}

/** The page of an app. */
export async function clientPage(
  visit: OwnVisit,
  { client, values, asked, error }: ClientPageState,
): Promise<JSX.Element> {
  const scopes = await visit.call.oauth.listScopes()
  const place = `/developer/apps/${client.id}`
  const section = { visit, client, place, asked, error }
  const heading = (
    <div class="head">
      <Face name={client.name} />
      <h1>
        {client.name} <StateTag client={client} />
      </h1>
    </div>
  )
  return (
    <Page visit={visit} title={client.name} heading={heading} place="developer">
      <Done visit={visit} />
      <Problems error={error} />
      <Facts client={client} scopes={scopes} />
      <ReviewSection {...section} />
      <ScopeSection {...section} scopes={scopes} />
      <EditSection {...section} values={values ?? valuesOf(client)} />
      <Endings visit={visit} client={client} place={place} />
    </Page>
  )
}

interface FactsProps {
  readonly client: OAuthClientDetails
  readonly scopes: readonly OAuthScope[]
}

function Facts({ client, scopes }: FactsProps): JSX.Element {
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">What your app needs</h2>
      <dl class="facts">
        <dt>client_id</dt>
        <dd>
          <code>{client.id}</code>
        </dd>
        <dt>client_secret</dt>
        <dd>{client.confidential ? 'kept as a digest; shown once when it was made' : 'none'}</dd>
        {client.legacySwitches.length === 0 ? null : (
          <>
            <dt>Older ways, switched on</dt>
            <dd>{client.legacySwitches.join(', ')}</dd>
          </>
        )}
      </dl>
      <p>It may ask users to let it:</p>
      <ScopeList names={client.scopes} scopes={scopes} />
    </section>
  )
}

interface EditProps {
  readonly visit: OwnVisit
  readonly client: OAuthClientDetails
  readonly place: string
  readonly values: ClientValues
  readonly error: TidingsError | undefined
}

function EditSection({ visit, client, place, values, error }: EditProps): JSX.Element {
  return (
    <section class="card" aria-labelledby="edit">
      <h2 id="edit">Edit</h2>
      {client.state === 'approved' || client.state === 'submitted' ? (
        <Notice tone="warn">
          <p>
            With another name or redirect URI the app goes back to review. Until that is done it
            works for you alone.
          </p>
        </Notice>
      ) : null}
      <Form visit={visit} action={`${place}/edit`}>
        <ClientFields values={values} error={error} />
        <button type="submit">Save</button>
      </Form>
    </section>
  )
}

interface EndingsProps {
  readonly visit: OwnVisit
  readonly client: OAuthClientDetails
  readonly place: string
}

function Endings({ visit, client, place }: EndingsProps): JSX.Element {
  return (
    <section class="card" aria-labelledby="endings">
      <h2 id="endings">Secret and end</h2>
      <p class="quiet">
        Another secret makes the one before worthless at once. A deleted app does not come back; all
        that users have let it do ends.
      </p>
      <div class="buttons">
        {client.confidential ? (
          <Form visit={visit} action={`${place}/secret`}>
            <button type="submit" class="plain">
              Make another secret
            </button>
          </Form>
        ) : null}
        <Form visit={visit} action={`${place}/delete`}>
          <button type="submit" class="danger">
            Delete the app
          </button>
        </Form>
      </div>
    </section>
  )
}

/** Saves what was edited. */
export async function editClient(visit: OwnVisit, fields: Fields): Promise<Response> {
  const clientId = clientIdOf(visit)
  const { oauth: apps } = visit.call
  const before = await apps.getClient({ clientId })
  try {
    const after = await apps.updateClient({ clientId, ...inputOf(fields) })
    const isBack = after.state === 'submitted' && before.state === 'approved'
    return leadTo(visit.href(`/developer/apps/${clientId}?done=${isBack ? 'in-review' : 'saved'}`))
  } catch (thrown) {
    const error = formProblem(thrown)
    const page = await clientPage(visit, { client: before, values: valuesIn(fields), error })
    return answerPage(page, { error })
  }
}

/** Makes another secret, and shows it this once. */
export async function rotateSecret(visit: OwnVisit): Promise<Response> {
  const clientId = clientIdOf(visit)
  const { clientSecret } = await visit.call.oauth.rotateSecret({ clientId })
  const client = await visit.call.oauth.getClient({ clientId })
  const title = 'Another secret'
  return answerPage(
    <SecretPage visit={visit} client={client} secret={clientSecret} title={title} />,
  )
}

/** Deletes an app. */
export async function deleteClient(visit: OwnVisit): Promise<Response> {
  await visit.call.oauth.deleteClient({ clientId: clientIdOf(visit) })
  return leadTo(visit.href('/developer?done=deleted'))
}
