/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { isTidingsError, type IdentityProvider, type TidingsError } from '@tidings/protocol/wire'
import type { JSX } from 'hono/jsx/jsx-runtime'
import { charge } from '../../../rpc/trpc.ts'
import { listProviders } from '../../../services/identity/link.ts'
import { logout } from '../../../services/session.ts'
import { signInOnPage } from '../../../services/page-session.ts'
import { toTidingsError } from '../../../rpc/errors.ts'
import { answerPage, leadTo } from '../base/answer.ts'
import { TextField } from '../base/fields.tsx'
import { Form, Page } from '../base/layout.tsx'
import { OnwardPage } from '../base/onward.tsx'
import { Problems } from '../base/problem.tsx'
import { ProviderButtons } from '../base/provider-buttons.tsx'
import { nextPath, type Site } from '../base/site.ts'
import type { Fields, OwnVisit, Visit } from '../base/visit.ts'

/** Where one goes on who wanted to go nowhere else. */
export const HOME = '/account'

interface SignInProps {
  readonly visit: Visit
  readonly next: string
  readonly providers: readonly IdentityProvider[]
  readonly login?: string | undefined
  readonly error?: TidingsError | undefined
}

function SignInPage({ visit, next, providers, login, error }: SignInProps): JSX.Element {
  return (
    <Page visit={visit} title="Sign in" narrow>
      <Problems error={error} />
      <div class="card">
        <Form visit={visit} action="/account/sign-in">
          <input type="hidden" name="next" value={next} />
          <TextField
            name="login"
            label="Name or e-mail address"
            autocomplete="username"
            value={login}
            required
          />
          <TextField
            name="password"
            label="Password"
            type="password"
            autocomplete="current-password"
            required
          />
          <button type="submit" class="wide">
            Sign in
          </button>
        </Form>
      </div>
      <ProviderButtons visit={visit} providers={providers} next={next} />
    </Page>
  )
}

/** The form. Who is signed in already is led on. */
export async function showSignIn(visit: Visit): Promise<Response> {
  const next = nextPath(visit.request.req.query('next') ?? '') ?? HOME
  if (visit.actor !== null) return leadTo(visit.href(next))
  const providers = await listProviders(visit.deps)
  return answerPage(<SignInPage visit={visit} next={next} providers={providers} />)
}

/** Signs in. The cookie is another one each time, so nobody can have given it to the browser before. */
export async function signIn(site: Site, visit: Visit, fields: Fields): Promise<Response> {
  const next = nextPath(fields.exact('next')) ?? HOME
  const input = { login: fields.text('login'), password: fields.exact('password') }
  const { deps, context } = visit
  try {
    charge(context)
    const cookie = await signInOnPage(deps, context.source, { input, before: visit.actor })
    return await entered(visit, next, site.cookies.session.set(cookie))
  } catch (thrown) {
    return refused({ visit, next, login: input.login }, thrown)
  }
}

/** The form again, with what was wrong. */
export async function refused(
  given: Pick<SignInProps, 'visit' | 'next' | 'login'>,
  thrown: unknown,
): Promise<Response> {
  const error = toTidingsError(thrown)
  if (!isTidingsError(error) || error.httpStatus >= 500) throw error
  const providers = await listProviders(given.visit.deps)
  const page = <SignInPage {...given} providers={providers} error={error} />
  return answerPage(page, { error })
}

/** Leads on who has just signed in. */
export function entered(visit: Visit, next: string, cookie: string): Promise<Response> {
  return answerPage(<OnwardPage heading="You are signed in" address={visit.href(next)} />, {
    cookies: [cookie],
  })
}

/** Ends the session, here and in the list of sessions. */
export async function signOut(site: Site, visit: OwnVisit): Promise<Response> {
  await logout(visit.deps, visit.actor)
  return leadTo(visit.href('/account/sign-in'), [site.cookies.session.clear])
}
