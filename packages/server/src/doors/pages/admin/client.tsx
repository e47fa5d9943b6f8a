/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import {
  LEGACY_SWITCHES,
  type AdminClient,
  type AdminClientDetails,
  type LegacySwitch,
  type OAuthScope,
  type TidingsError,
} from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Choice, Choices } from '../base/fields.tsx'
import { Form, Notice } from '../base/layout.tsx'
import { formProblem, problemOf, type Again } from '../base/problems-of.ts'
import { ScopeList, StateTag } from '../base/tags.tsx'
import { clientIdOf, type Fields, type OwnVisit } from '../base/visit.ts'
import { Time } from '../base/words.tsx'
import { SuspendForm } from './clients.tsx'
import { AdminPage } from './frame.tsx'

/** One app, and what an administrator decides about it. */
export async function showAnyClient(visit: OwnVisit): Promise<Response> {
  return answerPage(await clientPage(visit))
}

/** Several forms are on the page; the others stand as they are. */
interface AgainOne extends Again {
  readonly form: 'scopes' | 'switches'
}

async function clientPage(visit: OwnVisit, again?: AgainOne): Promise<JSX.Element> {
  const client = await visit.call.admin.getClient({ clientId: clientIdOf(visit) })
  const scopes = await visit.call.oauth.listScopes()
  const filled = (form: AgainOne['form']) =>
    again?.form === form ? again.fields.list(form) : undefined
  return (
    <AdminPage visit={visit} title={client.name} at="/admin" error={again?.error}>
      <section class="card" aria-label="About the app">
        <ClientFacts client={client} />
        <div class="buttons">
          <SuspendForm visit={visit} client={client} />
          <Form visit={visit} action={`/admin/apps/${client.id}/delete`}>
            <button type="submit" class="danger" aria-label={`Delete ${client.name}`}>
              Delete
            </button>
          </Form>
        </div>
      </section>
      <ScopesCard
        visit={visit}
        client={client}
        filled={filled('scopes')}
        error={again?.error}
        scopes={scopes}
      />
      <SwitchesCard visit={visit} client={client} filled={filled('switches')} />
      <Reviews client={client} />
    </AdminPage>
  )
}

/** What is known of an app. Its addresses are written, not loaded. */
export function ClientFacts({ client }: { client: AdminClient }): JSX.Element {
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <StateTag client={client} />
      </dd>
      <dt>client_id</dt>
      <dd>
        <code>{client.id}</code>
      </dd>
      <dt>Creator</dt>
      <dd>{client.creator.username}</dd>
      <dt>Description</dt>
      <dd>{client.description ?? 'none'}</dd>
      <dt>Address</dt>
      <dd>{client.clientUri ?? 'none'}</dd>
      <dt>Logo</dt>
      <dd>{client.logoUri ?? 'none'}</dd>
      <dt>Redirect URIs</dt>
      <dd>
        <ul>
          {client.redirectUris.map((uri) => (
            <li>
              <code>{uri}</code>
            </li>
          ))}
        </ul>
      </dd>
      <dt>Ways to a token</dt>
      <dd>{client.grantTypes.join(', ')}</dd>
      <dt>Secret</dt>
      <dd>{client.confidential ? 'has one' : 'has none'}</dd>
      <dt>Registered</dt>
      <dd>
        <Time at={client.createdAt} />
      </dd>
    </dl>
  )
}

interface CardProps {
  readonly visit: OwnVisit
  readonly client: AdminClientDetails
  /** What was chosen in a form that comes back. */
  readonly filled: readonly string[] | undefined
}

interface ScopesCardProps extends CardProps {
  readonly scopes: readonly OAuthScope[]
  readonly error: TidingsError | undefined
}

function ScopesCard(props: ScopesCardProps): JSX.Element {
  const { visit, client, filled, error, scopes } = props
  const chosen = filled ?? client.scopes
  return (
    <section class="card" aria-labelledby="scopes">
      <h2 id="scopes">What it may ask users for</h2>
      <ScopeList names={client.scopes} scopes={scopes} />
      <details open={filled !== undefined}>
        <summary>Give and take scopes</summary>
        <p class="quiet">What is taken ends at once, with what users have let the app do by it.</p>
        <Form visit={visit} action={`/admin/apps/${client.id}/scopes`}>
          <Choices
            name="scopes"
            legend="Besides the base scopes"
            problem={problemOf(error, 'scopes')}
          >
            {scopes
              .filter(({ base }) => !base)
              .map(({ name, description, restricted }) => (
                <Choice
                  name="scopes"
                  value={name}
                  label={restricted ? `${name} (restricted)` : name}
                  hint={description}
                  checked={chosen.includes(name)}
                />
              ))}
          </Choices>
          <button type="submit" class="plain">
            Save the scopes
          </button>
        </Form>
      </details>
    </section>
  )
}

const SWITCHES: Readonly<Record<LegacySwitch, string>> = {
  password: 'Takes users’ passwords itself and trades them for tokens.',
  implicit: 'Gets tokens in the redirect, without a code.',
  implicit_query: 'Gets them even in the query, where logs keep them.',
  no_pkce: 'Does not prove that the one who redeems a code is the one who asked.',
  secret_in_query: 'Sends its secret in addresses, where logs keep it.',
  double_encoded_redirect: 'Encodes its redirect URI twice.',
}

function SwitchesCard({ visit, client, filled }: CardProps): JSX.Element {
  const chosen: readonly string[] = filled ?? client.legacySwitches
  return (
    <section class="card" aria-labelledby="switches">
      <h2 id="switches">Older systems’ ways</h2>
      <details open={filled !== undefined}>
        <summary>
          {client.legacySwitches.length === 0
            ? 'All are off'
            : `On: ${client.legacySwitches.join(', ')}`}
        </summary>
        <Notice tone="warn">
          <p>
            Today’s standards forbid these, each for a reason. They work on the older systems’ own
            paths alone, and switching them is written into the audit log. The grants among them,
            password and implicit, must be offered by the settings besides.
          </p>
        </Notice>
        <Form visit={visit} action={`/admin/apps/${client.id}/switches`}>
          <fieldset>
            <legend>Switched on</legend>
            {LEGACY_SWITCHES.map((name) => (
              <Choice
                name="switches"
                value={name}
                label={name}
                hint={SWITCHES[name]}
                checked={chosen.includes(name)}
              />
            ))}
          </fieldset>
          <button type="submit" class="plain">
            Save the switches
          </button>
        </Form>
      </details>
    </section>
  )
}

function Reviews({ client }: { client: AdminClientDetails }): JSX.Element | null {
  if (client.reviews.length === 0) return null
  return (
    <section class="card" aria-labelledby="reviews">
      <h2 id="reviews">What it has asked for</h2>
      <ul class="rows">
        {client.reviews.map(({ kind, scopes, state, reason, answer, createdAt }) => (
          <li>
            <div class="what">
              <p>
                {kind === 'verification' ? 'To be verified' : scopes.join(' ')}:{' '}
                <strong>{state}</strong>
              </p>
              <p class="quiet small">
                <Time at={createdAt} />
              </p>
              {reason === null ? null : <p>{reason}</p>}
              {answer === null ? null : <p>Answer: {answer}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Gives and takes scopes. */
export async function saveScopes(visit: OwnVisit, fields: Fields): Promise<Response> {
  const clientId = clientIdOf(visit)
  const scopes = fields.list('scopes')
  const save = () => visit.call.admin.setClientScopes({ clientId, scopes })
  return saved(visit, save, { form: 'scopes', fields })
}

/** Switches older systems' ways on and off. */
export async function saveSwitches(visit: OwnVisit, fields: Fields): Promise<Response> {
  const clientId = clientIdOf(visit)
  const chosen = fields.list('switches')
  const legacySwitches = LEGACY_SWITCHES.filter((name) => chosen.includes(name))
  const save = () => visit.call.admin.setClientSwitches({ clientId, legacySwitches })
  return saved(visit, save, { form: 'switches', fields })
}

async function saved(
  visit: OwnVisit,
  save: () => Promise<void>,
  sent: Omit<AgainOne, 'error'>,
): Promise<Response> {
  try {
    await save()
    return leadTo(visit.href(`/admin/apps/${clientIdOf(visit)}?done=saved`))
  } catch (thrown) {
    const error = formProblem(thrown)
    return answerPage(await clientPage(visit, { ...sent, error }), { error })
  }
}
