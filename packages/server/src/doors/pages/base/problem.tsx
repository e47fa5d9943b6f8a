/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { IdentityProvider, TidingsError } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { TextField } from './fields.tsx'
import { Notice, Page } from './layout.tsx'
import { ProviderButtons } from './provider-buttons.tsx'
import { FORM_TOKEN, PASSWORD_FIELD, type Fields, type Visit } from './visit.ts'

/** What went wrong, in words for people. */
export function ProblemPage({ visit, error }: { visit: Visit; error: TidingsError }): JSX.Element {
  const title = error.httpStatus === 404 ? 'Not found' : 'This did not work'
  return (
    <Page visit={visit} title={title} narrow>
      <Problems error={error} />
      <p>
        <a href={visit.href('/account')}>To your account</a>
      </p>
    </Page>
  )
}

/** Why something was refused, field by field where it is known. */
export function Problems({ error }: { error: TidingsError | undefined }): JSX.Element | null {
  if (error === undefined) return null
  const { fields = [], retryAfterMs } = error.details
  return (
    <Notice tone="bad">
      <p>{error.message}</p>
      {retryAfterMs === undefined ? null : <p>{`Try again in ${waitOf(retryAfterMs)}.`}</p>}
      {fields.length === 0 ? null : (
        <ul>
          {fields.map(({ path, message }) => (
            <li>{path === '' ? message : `${path}: ${message}`}</li>
          ))}
        </ul>
      )}
    </Notice>
  )
}

function waitOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 90) return `${seconds} s`
  return `${Math.ceil(seconds / 60)} minutes`
}

interface ConfirmProps {
  readonly visit: Visit
  readonly fields: Fields
  readonly token: string
  readonly problem: string | undefined
  /** By which one signs in again who has no password to give. */
  readonly providers: readonly IdentityProvider[] | undefined
}

/** Asks for the password before something that was asked for is done; it carries along what was filled in. */
export function ConfirmPage(props: ConfirmProps): JSX.Element {
  const { visit, providers } = props
  const who = <strong>{visit.actor?.username}</strong>
  return (
    <Page visit={visit} title="Is it you?" narrow>
      {providers === undefined ? (
        <p>
          This is for you alone, {who}. Give your password again; for the next ten minutes you will
          not be asked.
        </p>
      ) : (
        <p>
          This is for you alone, {who}. Sign in again, and then do it once more; for the next ten
          minutes you will not be asked.
        </p>
      )}
      {providers === undefined ? (
        <PasswordForm {...props} />
      ) : (
        <ProviderButtons visit={visit} providers={providers} next="/account" />
      )}
    </Page>
  )
}

function PasswordForm({ visit, fields, token, problem }: ConfirmProps): JSX.Element {
  return (
    <form method="post" action={visit.href(visit.request.req.path)}>
      <input type="hidden" name={FORM_TOKEN} value={token} />
      {fields.entries().map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <TextField
        name={PASSWORD_FIELD}
        label="Password"
        type="password"
        autocomplete="current-password"
        required
        problem={problem}
      />
      <button type="submit" class="wide">
        Go on
      </button>
    </form>
  )
}
