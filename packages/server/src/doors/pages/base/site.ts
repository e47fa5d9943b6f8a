import { isTidingsError, TidingsError, type IdentityProvider } from '@tidings/protocol/wire'
import type { Context } from '../../../rpc/context.ts'
import type { Actor } from '../../../services/actor.ts'
import { canGivePassword } from '../../../services/confirmation.ts'
import type { Deps } from '../../../services/deps.ts'
import { listProviders } from '../../../services/identity/link.ts'
import { createCaller } from '../../procedure.ts'
import { toLoggedError } from '../../rest/answer.ts'
import { readForm } from '../../rest/body.ts'
import type { RestRequest } from '../../rest/context.ts'
import { sourceOf } from '../../source.ts'
import { answerPage, leadTo } from './answer.ts'
import { cookiesOf, newVisitor, type Cookies } from './cookies.ts'
import { ConfirmPage, ProblemPage } from './problem.tsx'
import { Fields, FORM_TOKEN, PASSWORD_FIELD, type OwnVisit, type Visit } from './visit.ts'

type Answer = Response | Promise<Response>
/** What Hono calls. */
export type Handler = (request: RestRequest) => Promise<Response>

/** What the routes of the pages are made of. */
export interface Site {
  readonly cookies: Cookies
  /** A page for everybody. */
  open(page: (visit: Visit) => Answer): Handler
  /** The same, without a form for who is not signed in: it leaves nothing in his browser. */
  bare(page: (visit: Visit) => Answer): Handler
  /** A page for who is signed in; others are led to the sign-in, and back. */
  own(page: (visit: OwnVisit) => Answer): Handler
  /**
   * A form that was sent by one of our pages, in the same browser.
   *
   * @param purposeOf what its token was made for. @default the path that it is sent to
   */
  sent(act: (visit: Visit, fields: Fields) => Answer, purposeOf?: PurposeOf): Handler
  /** The same, for who is signed in. An act that asks for the password gets it, and goes on. */
  ownSent(act: (visit: OwnVisit, fields: Fields) => Answer, purposeOf?: PurposeOf): Handler
}

type PurposeOf = (visit: Visit, fields: Fields) => string | Promise<string>

/** The part of every path of ours that is the app's, where this server is attached to one. */
function basePath(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '')
}

/** Where a visitor goes on after signing in; another site's address is none. */
export function nextPath(given: string): string | undefined {
  return /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(given) ? given : undefined
}

export function openSite(deps: Deps): Site {
  const cookies = cookiesOf(deps.config.publicUrl)
  const sentBy = (act: SentAct, isOwn: boolean, purposeOf: PurposeOf = pathOf): Handler =>
    guarded(deps, async (request) => {
      requireOwnPage(deps, request)
      const fields = new Fields(await readForm(request.req.raw))
      const { visit } = await visitOf(deps, cookies, request)
      if (isOwn && visit.actor === null) return leadTo(visit.href('/account/sign-in'))
      const purpose = await purposeOf(visit, fields)
      if (!visit.isFormToken(purpose, fields.exact(FORM_TOKEN)))
        throw new TidingsError('FORBIDDEN', STALE_FORM)
      return withPassword(visit, fields, act)
    })
  return {
    cookies,
    open: (page) =>
      guarded(deps, async (request) => {
        const { visit, newCookies } = await visitOf(deps, cookies, request)
        return withCookies(await page(visit), newCookies)
      }),
    bare: (page) =>
      guarded(deps, async (request) => page((await visitOf(deps, cookies, request)).visit)),
    own: (page) =>
      guarded(deps, async (request) => {
        const { visit } = await visitOf(deps, cookies, request)
        if (isOwnVisit(visit)) return page(visit)
        const { pathname, search } = new URL(request.req.url)
        const next = encodeURIComponent(pathname + search)
        return leadTo(visit.href(`/account/sign-in?next=${next}`))
      }),
    sent: (act, purposeOf) => sentBy(act, false, purposeOf),
    ownSent: (act, purposeOf) =>
      sentBy((visit, fields) => act(requireOwn(visit), fields), true, purposeOf),
  }
}

type SentAct = (visit: Visit, fields: Fields) => Answer

const STALE_FORM =
  'This form is too old, or was not made by this site. Go back, load it anew and send it again.'

function pathOf({ request }: Visit): string {
  return request.req.path
}

/** A failure is a page too. */
function guarded(deps: Deps, handler: Handler): Handler {
  return async (request) => {
    try {
      return await handler(request)
    } catch (thrown) {
      const error = toLoggedError(deps.log, thrown)
      const { visit } = await visitOf(deps, cookiesOf(deps.config.publicUrl), request).catch(
        () => ({
          visit: visitBy(deps, request, { actor: null, visitor: '' }),
        }),
      )
      const isOver = error.code === 'SESSION_REVOKED' || error.code === 'UNAUTHENTICATED'
      if (isOver) return leadTo(visit.href('/account/sign-in'))
      return answerPage(ProblemPage({ visit, error }), { error })
    }
  }
}

/** Acts, with the password first when it was given, and asks for it when it is needed. */
async function withPassword(visit: Visit, fields: Fields, act: SentAct): Promise<Response> {
  try {
    const password = fields.exact(PASSWORD_FIELD)
    if (password !== '') await visit.call.account.confirmPassword({ password })
    return await act(visit, fields)
  } catch (thrown) {
    const error = toLoggedError(visit.deps.log, thrown)
    const isWrong = error.code === 'INVALID_CREDENTIALS' && fields.exact(PASSWORD_FIELD) !== ''
    if (error.code !== 'PASSWORD_REQUIRED' && !isWrong) throw error
    const problem = isWrong ? 'This is not your password.' : undefined
    const token = fields.exact(FORM_TOKEN)
    const providers = await providersFor(visit)
    const page = ConfirmPage({ visit, fields, token, problem, providers })
    return answerPage(page, { error, status: error.httpStatus === 401 ? 403 : undefined })
  }
}

/** By which somebody signs in anew who has no password to give. */
async function providersFor({
  deps,
  actor,
}: Visit): Promise<readonly IdentityProvider[] | undefined> {
  if (actor === null || (await canGivePassword(deps, actor))) return undefined
  return listProviders(deps)
}

/**
 * Browsers say which site a form comes from, and a page cannot make them lie. Other ports of this machine are other
 * origins, but the same site: the cookie alone would not tell them apart.
 */
function requireOwnPage({ config }: Deps, { req }: RestRequest): void {
  const site = req.header('sec-fetch-site')
  const origin = req.header('origin')
  if (site === undefined && (origin ?? '') === '') return
  const isOwn =
    site === undefined ? origin === new URL(config.publicUrl).origin : site === 'same-origin'
  if (!isOwn) throw new TidingsError('ORIGIN_REFUSED')
}

interface Found {
  readonly visit: Visit
  /** What the answer must set. */
  readonly newCookies: readonly string[]
}

async function visitOf(deps: Deps, cookies: Cookies, request: RestRequest): Promise<Found> {
  const cookie = cookies.session.of(request.req.raw)
  const actor = cookie === undefined ? null : await actorOf(deps, cookie)
  if (actor !== null)
    return { visit: visitBy(deps, request, { actor, visitor: '' }), newCookies: [] }
  const known = cookies.visitor.of(request.req.raw)
  const visitor = known ?? newVisitor()
  const newCookies = known === undefined ? [cookies.visitor.set(visitor)] : []
  return { visit: visitBy(deps, request, { actor: null, visitor }), newCookies }
}

/** A session that has ended is nobody. */
async function actorOf({ auth }: Deps, cookie: string): Promise<Actor | null> {
  try {
    return await auth.authenticatePage(cookie)
  } catch (error) {
    if (!isTidingsError(error) || error.httpStatus !== 401) throw error
    return null
  }
}

function visitBy(
  deps: Deps,
  request: RestRequest,
  { actor, visitor }: { readonly actor: Actor | null; readonly visitor: string },
): Visit {
  const source = sourceOf(request.env.incoming, deps.config, 'pages')
  const context: Context = { deps, actor, source, transport: null }
  const base = basePath(deps.config.publicUrl)
  const subject = (purpose: string) => ({
    visitor: actor === null ? `browser ${visitor}` : `session ${actor.sessionId}`,
    purpose,
  })
  return {
    request,
    deps,
    actor,
    context,
    call: createCaller(context),
    href: (path) => base + path,
    formToken: (purpose) => deps.auth.pages.formToken(subject(purpose)),
    isFormToken: (purpose, token) => deps.auth.pages.isFormToken(subject(purpose), token),
  }
}

function isOwnVisit(visit: Visit): visit is OwnVisit {
  return visit.actor !== null
}

function requireOwn(visit: Visit): OwnVisit {
  if (!isOwnVisit(visit)) throw new TidingsError('UNAUTHENTICATED')
  return visit
}

function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
  return response
}
