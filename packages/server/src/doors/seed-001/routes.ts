import {
  conversationPageSchema,
  credentialsSchema,
  messagePageSchema,
  registeredSchema,
} from '@tidings/protocol'
import { LIMITS, TidingsError, type Conversation, type Credentials } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import type { Context } from '../../rpc/context.ts'
import type { Deps } from '../../services/deps.ts'
import { callProcedure } from '../procedure.ts'
import { toLoggedError } from '../rest/answer.ts'
import { readParams, type JsonObject } from '../rest/body.ts'
import { restContexts, type RestEnv, type RestRequest } from '../rest/context.ts'
import { findWith } from '../seeds/correspondent.ts'
import { pageOf, type PageOf } from '../seeds/page.ts'
import { failureResponse, FIRST_PAGE, success, type Envelope } from './envelope.ts'
import { contentOf, toSeedMessage, toTime } from './seed-message.ts'

/** The HTTP side of seed 001, with its own names and its envelope around every answer. */
export function seed001Routes(deps: Deps): Hono<RestEnv> {
  const contexts = restContexts(deps)
  return new Hono<RestEnv>()
    .post('/api/register', async (c) =>
      c.json(await register(contexts.anonymous(c), await paramsOf(c))),
    )
    .post('/api/auth_token', async (c) =>
      c.json(await logIn(contexts.anonymous(c), await paramsOf(c))),
    )
    .delete('/api/auth_token', async (c) => {
      await callProcedure(await contexts.clientSigned(c), {
        path: 'account.logout',
        input: undefined,
      })
      return c.json(success([]))
    })
    .get('/api/inbox', async (c) =>
      c.json(await inbox(await contexts.clientSigned(c), askedPage(c))),
    )
    .get('/api/thread/:username', async (c) => {
      const context = await contexts.clientSigned(c)
      return c.json(await thread(context, c.req.param('username'), askedPage(c)))
    })
    .onError((thrown) => failureResponse(toLoggedError(deps.log, thrown)))
}

function paramsOf({ req }: RestRequest): Promise<JsonObject> {
  return readParams(req.raw.body, req.header('content-type') ?? '')
}

function askedPage({ req }: RestRequest): PageOf {
  return pageOf(req.query(), FIRST_PAGE)
}

/** All six are required; the e-mail address too, which no other way in asks for. */
const REQUIRED = ['first_name', 'last_name', 'username', 'password', 'email', 'phone'] as const

async function register(context: Context, params: JsonObject): Promise<Envelope> {
  const missing = REQUIRED.filter((name) => params[name] === undefined || params[name] === '')
  const fields = missing.map((path) => ({ path, message: 'required' }))
  if (fields.length > 0) throw new TidingsError('INVALID_INPUT', undefined, { fields })
  const { first_name: firstName, last_name: lastName, username, password, email, phone } = params
  const input = { firstName, lastName, username, password, email, phone, signIn: true }
  const output = await callProcedure(context, { path: 'account.register', input })
  const { user, credentials } = registeredSchema.parse(output)
  if (credentials === null) throw new TidingsError('INTERNAL')
  const person = {
    email: user.email,
    first_name: firstName,
    last_name: lastName,
    phone_number: phone,
    username: user.username,
  }
  return success([{ ...person, token: toToken(context.deps, credentials) }])
}

/** By username (or e-mail address) and password, or by the refresh token of an earlier answer. */
async function logIn(context: Context, params: JsonObject): Promise<Envelope> {
  const { username: login, password, refresh_token: refreshToken } = params
  const output = await (refreshToken === undefined
    ? callProcedure(context, { path: 'account.login', input: { login, password } })
    : callProcedure(context, { path: 'account.refresh', input: { refreshToken } }))
  return success([toToken(context.deps, credentialsSchema.parse(output))])
}

/** With the secret the client signs its own requests from now on. */
function toToken(
  { auth, clock }: Deps,
  { sessionId, refreshToken, refreshTokenExpiresAt }: Credentials,
): JsonObject {
  const { id, secret } = auth.accessKey(sessionId)
  const now = toTime(clock.now())
  return {
    access_key_id: id,
    created_at: now,
    expires_at: toTime(refreshTokenExpiresAt),
    is_refreshable: true,
    modified_at: now,
    refresh_token: refreshToken,
    secret_access_key: secret,
  }
}

/** One row a correspondent, the newest first. */
async function inbox(context: Context, page: PageOf): Promise<Envelope> {
  const rows: JsonObject[] = []
  const wanted = page.page * page.perPage
  let cursor: string | undefined
  do {
    const input = { cursor, limit: LIMITS.pageSize }
    const output = await callProcedure(context, { path: 'conversation.list', input })
    const { items, next } = conversationPageSchema.parse(output)
    rows.push(...items.flatMap((item) => toRow(context, item)))
    cursor = next ?? undefined
  } while (cursor !== undefined && rows.length < wanted)
  return success(rows.slice(wanted - page.perPage, wanted), page)
}

/** None for a group, and none while nothing was said. Notes to oneself are with oneself. */
function toRow({ actor }: Context, { kind, peer, lastMessage }: Conversation): JsonObject[] {
  const username = kind === 'self' ? actor?.username : peer?.username
  if (username === undefined || lastMessage === null) return []
  const { message } = contentOf(lastMessage.body)
  const created_at = toTime(lastMessage.createdAt)
  return [{ author_username: username, created_at, latest_message: message }]
}

/** Both ways, the newest first. */
async function thread(context: Context, username: string, page: PageOf): Promise<Envelope> {
  const conversation = await findWith(context, { username })
  const { actor } = context
  if (conversation === null || actor === null) return success([], page)
  const output = await callProcedure(context, {
    path: 'message.list',
    input: { conversationId: conversation.id, page: page.page, limit: page.perPage },
  })
  const { items } = messagePageSchema.parse(output)
  // Without another one they are notes to oneself.
  const peer = conversation.peer?.username ?? actor.username
  const correspondents = { userId: actor.userId, username: actor.username, peer }
  return success(
    items.map((message) => toSeedMessage(message, correspondents)),
    page,
  )
}
