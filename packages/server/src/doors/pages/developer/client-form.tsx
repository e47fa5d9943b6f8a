/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { APP_LIMITS, type OAuthClient, type TidingsError } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { Choice, Choices, TextArea, TextField } from '../base/fields.tsx'
import { problemOf } from '../base/problems-of.ts'
import type { Fields } from '../base/visit.ts'

/** What is filled in of an app. */
export interface ClientValues {
  readonly name: string
  readonly description: string
  readonly clientUri: string
  readonly logoUri: string
  /** One a line. */
  readonly redirectUris: string
  readonly grantTypes: readonly string[]
}

/** A form for a new app. */
export const NEW_CLIENT: ClientValues = {
  name: '',
  description: '',
  clientUri: '',
  logoUri: '',
  redirectUris: '',
  grantTypes: ['authorization_code', 'refresh_token'],
}

/** A form for one that is there. */
export function valuesOf(client: OAuthClient): ClientValues {
  const { name, description, clientUri, logoUri, redirectUris, grantTypes } = client
  return {
    name,
    description: description ?? '',
    clientUri: clientUri ?? '',
    logoUri: logoUri ?? '',
    redirectUris: redirectUris.join('\n'),
    grantTypes,
  }
}

/** A form as it was sent, to be shown again. */
export function valuesIn(fields: Fields): ClientValues {
  return {
    name: fields.exact('name'),
    description: fields.exact('description'),
    clientUri: fields.exact('clientUri'),
    logoUri: fields.exact('logoUri'),
    redirectUris: fields.exact('redirectUris'),
    grantTypes: fields.list('grantTypes'),
  }
}

type OwnGrantType = 'authorization_code' | 'refresh_token' | 'client_credentials'

/** What the form says, for the procedures. */
export function inputOf(fields: Fields) {
  const grantTypes = OWN_GRANT_TYPES.map(({ value }) => value).filter((value) =>
    fields.list('grantTypes').includes(value),
  )
  return {
    name: fields.text('name'),
    description: fields.optional('description') ?? null,
    clientUri: fields.optional('clientUri') ?? null,
    logoUri: fields.optional('logoUri') ?? null,
    redirectUris: fields.lines('redirectUris'),
    grantTypes,
  }
}

const OWN_GRANT_TYPES: readonly {
  readonly value: OwnGrantType
  readonly label: string
  readonly hint: string
}[] = [
  {
    value: 'authorization_code',
    label: 'Authorization code',
    hint: 'Users are asked here, and come back by a redirect URI.',
  },
  {
    value: 'refresh_token',
    label: 'Refresh tokens',
    hint: 'The app stays connected without asking again.',
  },
  {
    value: 'client_credentials',
    label: 'Client credentials',
    hint: 'The app acts for nobody but itself. Only for apps that keep a secret.',
  },
]

interface ClientFieldsProps {
  readonly values: ClientValues
  readonly error: TidingsError | undefined
}

/** The fields of an app. */
export function ClientFields({ values, error }: ClientFieldsProps): JSX.Element {
  return (
    <>
      <TextField
        name="name"
        label="Name"
        hint="What users are asked to trust."
        value={values.name}
        problem={problemOf(error, 'name')}
        maxlength={APP_LIMITS.clientNameLength}
        required
      />
      <TextArea
        name="description"
        label="Description"
        value={values.description}
        problem={problemOf(error, 'description')}
        maxlength={APP_LIMITS.proseLength}
      />
      <Addresses values={values} error={error} />
      <GrantTypes values={values} error={error} />
    </>
  )
}

function Addresses({ values, error }: ClientFieldsProps): JSX.Element {
  return (
    <>
      <div class="pair">
        <TextField
          name="clientUri"
          label="Address of the app"
          type="url"
          value={values.clientUri}
          problem={problemOf(error, 'clientUri')}
        />
        <TextField
          name="logoUri"
          label="Link of the logo"
          type="url"
          value={values.logoUri}
          problem={problemOf(error, 'logoUri')}
        />
      </div>
      <TextArea
        name="redirectUris"
        label="Redirect URIs"
        hint="One a line, compared character by character: https://app.example/callback"
        value={values.redirectUris}
        problem={problemOf(error, 'redirectUris')}
      />
    </>
  )
}

function GrantTypes({ values, error }: ClientFieldsProps): JSX.Element {
  return (
    <Choices name="grantTypes" legend="Ways to a token" problem={problemOf(error, 'grantTypes')}>
      {OWN_GRANT_TYPES.map(({ value, label, hint }) => (
        <Choice
          name="grantTypes"
          value={value}
          label={label}
          hint={hint}
          checked={values.grantTypes.includes(value)}
        />
      ))}
    </Choices>
  )
}
