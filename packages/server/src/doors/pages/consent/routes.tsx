/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { createHash } from 'node:crypto'
import { TidingsError, type Conversation } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import { chargeCall } from '../../../services/call-limit.ts'
import { getConversation } from '../../../services/conversation.ts'
import { checkAuthorization } from '../../../services/oauth/authorize.ts'
import {
  allowAuthorization,
  denyAuthorization,
  limitOf,
  worksFor,
} from '../../../services/oauth/consent.ts'
import type { Consent, PendingAuthorization } from '../../../services/oauth/pending.ts'
import { toTidingsError } from '../../../rpc/errors.ts'
import type { RestEnv } from '../../rest/context.ts'
import { answerPage, leadTo } from '../base/answer.ts'
import { Page } from '../base/layout.tsx'
import { OnwardPage } from '../base/onward.tsx'
import { Problems } from '../base/problem.tsx'
import type { Site } from '../base/site.ts'
import type { Fields, OwnVisit, Visit } from '../base/visit.ts'
import { mistakePage } from './mistake.tsx'
import { ConsentPage, LIMITS_SHOWN } from './page.tsx'

/** Conversations that a limit can be chosen of, the newest. */
const CONVERSATIONS = 50

/** The scopes for which it matters in which conversations. */
const ABOUT_CONVERSATIONS = /^(?:conversations|messages):/

/** Where apps send users to, and where these say yes or no; below `/index` for the paths of the older systems. */
export function consentRoutes(site: Site): Hono<RestEnv> {
  const routes = new Hono<RestEnv>()
  for (const [end, isSeed] of [
    ['', false],
    ['/index', true],
  ] as const) {
    const path = `/oauth/consent${end}`
    routes
      .get(
        `/oauth/authorize${end}`,
        site.bare((visit) => authorize(visit, isSeed)),
      )
      .get(
        path,
        site.own((visit) => ask(visit, isSeed)),
      )
      .post(
        path,
        site.ownSent(
          (visit, fields) => answered(visit, fields, isSeed),
          async (visit) => purposeOf(visit, await check(visit, isSeed)),
        ),
      )
  }
  return routes
}

/**
 * The form belongs to this very request, and to what the page says of it: with another client or scope in the address its
 * token is none, nor when the client has another name or may ask for more by now.
 */
function purposeOf({ request }: Visit, checked: Checked): string {
  const { path, url } = request.req
  const shown = checked instanceof Response ? [] : [checked.client.name, checked.scopes]
  const said = JSON.stringify([new URL(url).search, ...shown])
  return `${path} ${createHash('sha256').update(said).digest('base64url')}`
}

/** Found good, a request goes on to the page that asks; nothing that it says is believed there either. */
async function authorize(visit: Visit, isSeed: boolean): Promise<Response> {
  const { deps, context, request } = visit
  chargeCall(deps, context.source.ip, 'ip')
  const checked = await check(visit, isSeed)
  if (checked instanceof Response) return checked
  const { search } = new URL(request.req.url)
  return leadTo(`${deps.config.publicUrl}/oauth/consent${isSeed ? '/index' : ''}${search}`)
}

type Checked = PendingAuthorization | Response

/** The request, looked at anew: nothing in an address or a form is believed. */
async function check(
  visit: Visit,
  isSeed: boolean,
  lead: (address: string) => Response | Promise<Response> = leadTo,
): Promise<Checked> {
  const { deps, request } = visit
  const { searchParams: query } = new URL(request.req.url)
  const outcome = await checkAuthorization(deps, { query, isSeed })
  if (outcome.outcome === 'page') return mistakePage(visit, outcome)
  return outcome.outcome === 'redirect' ? lead(outcome.location) : outcome.pending
}

async function ask(visit: OwnVisit, isSeed: boolean): Promise<Response> {
  const pending = await check(visit, isSeed)
  if (pending instanceof Response) return pending
  if (!worksFor(pending.client, visit.actor.userKey)) return notForYou(visit)
  const place = { userKey: visit.actor.userKey, clientKey: pending.client.key }
  const limit = await limitOf(visit.deps, place)
  const isLimitable = pending.scopes.some((scope) => ABOUT_CONVERSATIONS.test(scope))
  const { path, url } = visit.request.req
  const question = {
    visit,
    pending,
    scopes: await visit.call.oauth.listScopes(),
    conversations: isLimitable ? await choices(visit, limit) : [],
    limit,
    action: visit.href(path) + new URL(url).search,
    token: visit.formToken(purposeOf(visit, pending)),
  }
  const formTargets = formTargetsOf(pending.redirectUri)
  return answerPage(<ConsentPage {...question} />, { formTargets })
}

/** The newest, and those to which the app is limited now: sent again as it is, the form changes nothing. */
async function choices(
  { call, deps, actor }: OwnVisit,
  limit: ReadonlySet<string> = new Set(),
): Promise<Conversation[]> {
  const { items } = await call.conversation.list({ limit: CONVERSATIONS })
  const shown = new Set(items.map(({ id }) => id))
  for (const conversationId of limit) {
    if (shown.has(conversationId)) continue
    try {
      items.push(await getConversation(deps, actor, { conversationId }))
    } catch (thrown) {
      // He has left it: there is nothing to allow.
      if (toTidingsError(thrown).code !== 'NOT_FOUND') throw thrown
    }
  }
  return items
}

/** The browser follows the answer to the client only when the page that asked says that it may. */
function formTargetsOf(redirectUri: string): string[] {
  const { origin, protocol } = new URL(redirectUri)
  if (isUnspeakable(redirectUri)) return []
  return [origin === 'null' ? protocol : origin]
}

/** A policy has no words for an address of IPv6, such as `http://[::1]:8080`. */
function isUnspeakable(address: string): boolean {
  return new URL(address).hostname.startsWith('[')
}

/** Back to the client, after a form. */
function leadBack(address: string): Response | Promise<Response> {
  if (!isUnspeakable(address)) return leadTo(address)
  return answerPage(<OnwardPage heading="Back to the app" address={address} />)
}

function notForYou(visit: OwnVisit): Promise<Response> {
  const message = 'This app is not verified yet: it works for the one who has registered it alone.'
  const error = new TidingsError('FORBIDDEN', message)
  return answerPage(
    <Page visit={visit} title="This app is not open to you" narrow>
      <Problems error={error} />
    </Page>,
    { error },
  )
}

async function answered(visit: OwnVisit, fields: Fields, isSeed: boolean): Promise<Response> {
  const pending = await check(visit, isSeed, leadBack)
  if (pending instanceof Response) return pending
  const { deps, actor } = visit
  if (fields.exact('answer') !== 'allow') return leadBack(denyAuthorization(deps, pending))
  try {
    const consent = { scopes: pending.scopes, conversationIds: chosenLimit(fields) }
    return await leadBack(await allowAuthorization(deps, actor, { pending, consent }))
  } catch (thrown) {
    if (toTidingsError(thrown).code === 'FORBIDDEN') return notForYou(visit)
    throw thrown
  }
}

/** Whoever chooses conversations means these alone. A form that did not ask changes nothing. */
function chosenLimit(fields: Fields): Consent['conversationIds'] {
  const chosen = fields.list('conversation')
  if (chosen.length > 0 || fields.exact('limited') === 'yes') return chosen
  return fields.exact(LIMITS_SHOWN) === 'yes' ? undefined : 'unchanged'
}
