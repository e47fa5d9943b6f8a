/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { adminSettingsSchema } from '@tidings/protocol'
import {
  OAUTH_GRANT_TYPES,
  type AdminSettings,
  type OAuthGrantType,
  type OAuthScope,
  type TidingsError,
} from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { answerPage, leadTo } from '../base/answer.ts'
import { Choice, TextField } from '../base/fields.tsx'
import { Form } from '../base/layout.tsx'
import { formProblem, problemOf } from '../base/problems-of.ts'
import type { Fields, OwnVisit } from '../base/visit.ts'
import { AdminPage } from './frame.tsx'

/** What holds for all apps. */
export async function showSettings(visit: OwnVisit): Promise<Response> {
  return answerPage(await settingsPage(visit))
}

async function settingsPage(visit: OwnVisit, error?: TidingsError): Promise<JSX.Element> {
  const settings = await visit.call.admin.getSettings()
  const scopes = await visit.call.oauth.listScopes()
  return (
    <AdminPage visit={visit} title="Settings" at="/admin/settings" error={error}>
      <Form visit={visit} action="/admin/settings">
        <section class="card" aria-label="Role and grants">
          <RoleChoices settings={settings} />
          <GrantChoices settings={settings} />
        </section>
        <section class="card" aria-labelledby="tokens">
          <h2 id="tokens">Codes and tokens</h2>
          <Numbers settings={settings} error={error} />
        </section>
        <section class="card" aria-label="Base scopes">
          <BaseScopes scopes={scopes} />
        </section>
        <button type="submit">Save</button>
      </Form>
    </AdminPage>
  )
}

function RoleChoices({ settings }: { settings: AdminSettings }): JSX.Element {
  return (
    <fieldset>
      <legend>What this server is to others</legend>
      <Choice
        name="roles"
        value="provider"
        label="Provider"
        hint="Other apps let people sign in with accounts from here."
        checked={settings.roles.includes('provider')}
      />
      <Choice
        name="roles"
        value="consumer"
        label="Consumer"
        hint="People sign in here with accounts from elsewhere."
        checked={settings.roles.includes('consumer')}
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

function GrantChoices({ settings }: { settings: AdminSettings }): JSX.Element {
  return (
    <fieldset>
      <legend>Grants that are offered</legend>
      {OAUTH_GRANT_TYPES.map((type) => (
        <Choice
          name="grantTypes"
          value={type}
          label={type}
          hint={GRANTS[type]}
          checked={settings.grantTypes.includes(type)}
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
  readonly settings: AdminSettings
  readonly error: TidingsError | undefined
}

function Numbers({ settings, error }: NumbersProps): JSX.Element {
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
          checked={settings.accessTokenFormat === 'opaque'}
        />
        <Choice
          name="accessTokenFormat"
          value="jwt"
          type="radio"
          label="JWT"
          hint="They tell their reader whose they are and until when (RFC 9068)."
          checked={settings.accessTokenFormat === 'jwt'}
        />
      </fieldset>
      <div class="pair">
        {NUMBERS.map(([name, label]) => (
          <NumberField name={name} label={label} settings={settings} error={error} />
        ))}
      </div>
    </>
  )
}

interface NumberFieldProps extends NumbersProps {
  readonly name: NumberName
  readonly label: string
}

function NumberField({ name, label, settings, error }: NumberFieldProps): JSX.Element {
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
      value={String(settings[name])}
      problem={problemOf(error, name)}
      required
    />
  )
}

function BaseScopes({ scopes }: { scopes: readonly OAuthScope[] }): JSX.Element {
  return (
    <fieldset>
      <legend>Base scopes: what every app has</legend>
      {/* One that is both would be taken from everybody by a form that does not show it. */}
      {scopes
        .filter(({ base, restricted }) => base || !restricted)
        .map(({ name, description, base }) => (
          <Choice name="baseScopes" value={name} label={name} hint={description} checked={base} />
        ))}
    </fieldset>
  )
}

/** Saves the settings. */
export async function saveSettings(visit: OwnVisit, fields: Fields): Promise<Response> {
  const chosen = fields.list('grantTypes')
  const roles = fields.list('roles')
  const number = (name: NumberName) => Number(fields.text(name))
  try {
    await visit.call.admin.updateSettings({
      roles: (['provider', 'consumer'] as const).filter((role) => roles.includes(role)),
      grantTypes: OAUTH_GRANT_TYPES.filter((type) => chosen.includes(type)),
      accessTokenFormat: fields.exact('accessTokenFormat') === 'jwt' ? 'jwt' : 'opaque',
      accessTokenLength: number('accessTokenLength'),
      accessTokenLifetime: number('accessTokenLifetime'),
      refreshTokenLifetime: number('refreshTokenLifetime'),
      codeLength: number('codeLength'),
      codeLifetime: number('codeLifetime'),
      baseScopes: fields.list('baseScopes'),
    })
    return leadTo(visit.href('/admin/settings?done=saved'))
  } catch (thrown) {
    const error = formProblem(thrown)
    return answerPage(await settingsPage(visit, error), { status: error.httpStatus })
  }
}
