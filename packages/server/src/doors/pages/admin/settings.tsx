/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { adminSettingsSchema } from '@tidings/protocol'
import {
  OAUTH_GRANT_TYPES,
  TidingsError,
  type AdminSettings,
  type OAuthGrantType,
  type OAuthScope,
  type UpdateSettingsInput,
} from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Choice, Choices, TextField } from '../base/fields.tsx'
import { Form } from '../base/layout.tsx'
import { formProblem, problemOf, type Again } from '../base/problems-of.ts'
import { Fields, type OwnVisit } from '../base/visit.ts'
import { AdminPage } from './frame.tsx'

/** What holds for all apps. */
export async function showSettings(visit: OwnVisit): Promise<Response> {
  return answerPage(await settingsPage(visit))
}

/** The field that carries what held when the page was made: what is otherwise was changed by who sends it. */
const SHOWN = 'shown'

/** A form in which nothing was changed yet. */
function fieldsOf(settings: AdminSettings): Fields {
  const given = new URLSearchParams({ [SHOWN]: JSON.stringify(settings) })
  for (const [name, value] of Object.entries(settings))
    for (const one of [value].flat()) given.append(name, String(one))
  return new Fields(given)
}

async function settingsPage(visit: OwnVisit, again?: Again): Promise<JSX.Element> {
  const fields = again?.fields ?? fieldsOf(await visit.call.admin.getSettings())
  const error = again?.error
  const scopes = await visit.call.oauth.listScopes()
  return (
    <AdminPage visit={visit} title="Settings" at="/admin/settings" error={error}>
      <Form visit={visit} action="/admin/settings">
        <input type="hidden" name={SHOWN} value={fields.exact(SHOWN)} />
        <section class="card" aria-label="Role and grants">
          <RoleChoices fields={fields} />
          <GrantChoices fields={fields} />
        </section>
        <section class="card" aria-labelledby="tokens">
          <h2 id="tokens">Codes and tokens</h2>
          <Numbers fields={fields} error={error} />
        </section>
        <section class="card" aria-label="Base scopes">
          <BaseScopes fields={fields} scopes={scopes} error={error} />
        </section>
        <button type="submit">Save</button>
      </Form>
    </AdminPage>
  )
}

function RoleChoices({ fields }: { fields: Fields }): JSX.Element {
  const roles = fields.list('roles')
  return (
    <fieldset>
      <legend>What this server is to others</legend>
      <Choice
        name="roles"
        value="provider"
        label="Provider"
        hint="Other apps let people sign in with accounts from here."
        checked={roles.includes('provider')}
      />
      <Choice
        name="roles"
        value="consumer"
        label="Consumer"
        hint="People sign in here with accounts from elsewhere."
        checked={roles.includes('consumer')}
      />
    </fieldset>
  )
}

const GRANTS: Readonly<Record<OAuthGrantType, string>> = {
  authorization_code: 'The usual way: users are asked on a page of this server.',
  refresh_token: 'Apps stay connected without asking again.',
  client_credentials: 'Apps act for themselves, in nobody’s name.',
  password: 'Older apps take passwords themselves. Each of them needs its switch besides.',
  implicit: 'Older apps get tokens in addresses. Each of them needs its switch besides.',
}

function GrantChoices({ fields }: { fields: Fields }): JSX.Element {
  const chosen = fields.list('grantTypes')
  return (
    <fieldset>
      <legend>Grants that are offered</legend>
      {OAUTH_GRANT_TYPES.map((type) => (
        <Choice
          name="grantTypes"
          value={type}
          label={type}
          hint={GRANTS[type]}
          checked={chosen.includes(type)}
        />
      ))}
    </fieldset>
  )
}

const NUMBERS = [
  ['accessTokenLength', 'Length of access tokens, characters'],
  ['accessTokenLifetime', 'Lifetime of access tokens, seconds'],
  ['refreshTokenLifetime', 'Lifetime of refresh tokens, seconds'],
  ['codeLength', 'Length of codes, characters'],
  ['codeLifetime', 'Lifetime of codes, seconds'],
] as const

type NumberName = (typeof NUMBERS)[number][0]

interface NumbersProps {
  readonly fields: Fields
  readonly error: TidingsError | undefined
}

function Numbers({ fields, error }: NumbersProps): JSX.Element {
  const format = fields.exact('accessTokenFormat')
  return (
    <>
      <fieldset>
        <legend>Form of access tokens</legend>
        <Choice
          name="accessTokenFormat"
          value="opaque"
          type="radio"
          label="Opaque"
          hint="Nobody can read anything out of them."
          checked={format === 'opaque'}
        />
        <Choice
          name="accessTokenFormat"
          value="jwt"
          type="radio"
          label="JWT"
          hint="They tell their reader whose they are and until when (RFC 9068)."
          checked={format === 'jwt'}
        />
      </fieldset>
      <div class="pair">
        {NUMBERS.map(([name, label]) => (
          <NumberField name={name} label={label} fields={fields} error={error} />
        ))}
      </div>
    </>
  )
}

interface NumberFieldProps extends NumbersProps {
  readonly name: NumberName
  readonly label: string
}

function NumberField({ name, label, fields, error }: NumberFieldProps): JSX.Element {
  const { minValue, maxValue } = adminSettingsSchema.shape[name]
  const [min, max] = [minValue ?? undefined, maxValue ?? undefined]
  return (
    <TextField
      name={name}
      label={label}
      hint={`${min} to ${max}`}
      type="number"
      min={min}
      max={max}
      value={fields.exact(name)}
      problem={problemOf(error, name)}
      required
    />
  )
}

interface BaseScopesProps {
  readonly fields: Fields
  readonly scopes: readonly OAuthScope[]
  readonly error: TidingsError | undefined
}

function BaseScopes({ fields, scopes, error }: BaseScopesProps): JSX.Element {
  const chosen = fields.list('baseScopes')
  return (
    <Choices
      name="baseScopes"
      legend="Base scopes: what every app has"
      problem={problemOf(error, 'baseScopes')}
    >
      {/* One that is both would be taken from everybody by a form that does not show it. */}
      {scopes
        .filter(({ name, base, restricted }) => chosen.includes(name) || base || !restricted)
        .map(({ name, description }) => (
          <Choice
            name="baseScopes"
            value={name}
            label={name}
            hint={description}
            checked={chosen.includes(name)}
          />
        ))}
    </Choices>
  )
}

/** Saves what was changed of the settings. What somebody else has changed since the page was made stays. */
export async function saveSettings(visit: OwnVisit, fields: Fields): Promise<Response> {
  const shown = shownIn(fields)
  try {
    await visit.call.admin.updateSettings(changeOf(shown, chosenIn(fields)))
    return leadTo(visit.href('/admin/settings?done=saved'))
  } catch (thrown) {
    const error = formProblem(thrown)
    return answerPage(await settingsPage(visit, { fields, error }), { error })
  }
}

/** @throws TidingsError INVALID_INPUT: nobody can tell what was changed */
function shownIn(fields: Fields): AdminSettings {
  try {
    return adminSettingsSchema.parse(JSON.parse(fields.exact(SHOWN)))
  } catch {
    const problems = [{ path: SHOWN, message: 'load the page anew' }]
    throw new TidingsError('INVALID_INPUT', undefined, { fields: problems })
  }
}

function chosenIn(fields: Fields): AdminSettings {
  const chosen = fields.list('grantTypes')
  const roles = fields.list('roles')
  const number = (name: NumberName) => Number(fields.text(name))
  return {
    roles: (['provider', 'consumer'] as const).filter((role) => roles.includes(role)),
    grantTypes: OAUTH_GRANT_TYPES.filter((type) => chosen.includes(type)),
    accessTokenFormat: fields.exact('accessTokenFormat') === 'jwt' ? 'jwt' : 'opaque',
    accessTokenLength: number('accessTokenLength'),
    accessTokenLifetime: number('accessTokenLifetime'),
    refreshTokenLifetime: number('refreshTokenLifetime'),
    codeLength: number('codeLength'),
    codeLifetime: number('codeLifetime'),
    baseScopes: fields.list('baseScopes'),
  }
}

/** Of what was chosen, what is otherwise than was shown. */
function changeOf(shown: AdminSettings, chosen: AdminSettings): UpdateSettingsInput {
  const before = new Map<string, unknown>(Object.entries(shown))
  return Object.fromEntries(
    Object.entries(chosen).filter(([name, value]) => !isSame(value, before.get(name))),
  )
}

/** Lists are alike that hold the same, in whatever order. */
function isSame(one: unknown, other: unknown): boolean {
  const [ones, others] = [[one].flat(), [other].flat()]
  return (
    ones.every((value) => others.includes(value)) && others.every((value) => ones.includes(value))
  )
}
