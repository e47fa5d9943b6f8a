import { registeredSchema, createdSessionSchema } from '@tidings/protocol'
import { TidingsError } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import * as z from 'zod'
import type { Context } from '../../rpc/context.ts'
import { callProcedure } from '../procedure.ts'
import { readJsonObject, type JsonObject } from '../rest/body.ts'
import type { RestContexts, RestEnv, RestRequest } from '../rest/context.ts'

/** What a route answers: a JSON object under a status, or 204. */
interface Answer {
  readonly status: 200 | 201 | 204
  readonly body?: JsonObject
}

type Route = (context: Context, body: JsonObject, groupId: string) => Promise<Answer>

const signedIn = z.object({ accessToken: z.string() })
const created = z.object({ id: z.string() })

/** `POST /users`. Seed 003 calls the name `user_name`. */
const register: Route = async (context, { user_name, username = user_name, email, password }) => {
  const output = await callProcedure(context, {
    path: 'account.register',
    input: { username, email, password },
  })
  return { status: 201, body: { id: registeredSchema.parse(output).user.id } }
}

/** `POST /login`, by username or e-mail address. The token lives for 14 days, as this seed's clients cannot refresh. */
const login: Route = async (context, { user_name, username = user_name, email, password }) => {
  const output = await callProcedure(context, {
    path: 'account.login',
    input: { login: username ?? email, password, lifetime: 'long' },
  })
  return { status: 200, body: { token: signedIn.parse(output).accessToken } }
}

/** `POST /sessions`: this device's session, and where to open its WebSocket within 30 s. */
const openSession: Route = async (
  context,
  { device_id: deviceId, platform, model, build, name },
) => {
  const output = await callProcedure(context, {
    path: 'session.create',
    input: { deviceId, platform, model, build, name },
  })
  const { session, messagingUrl } = createdSessionSchema.parse(output)
  return {
    status: 201,
    body: { created_at: session.createdAt, id: session.id, messaging_url: messagingUrl },
  }
}

/** `POST /groups`. */
const createGroup: Route = async (context, { name, user_ids: userIds }) => {
  const output = await callProcedure(context, { path: 'group.create', input: { name, userIds } })
  return { status: 201, body: { id: created.parse(output).id } }
}

/** `PUT /groups/:id/left`: oneself, or another whom one may remove. */
const leftGroup: Route = async (context, { user_id: userId }, conversationId) => {
  await (isSelf(context, userId)
    ? callProcedure(context, { path: 'group.leave', input: { conversationId } })
    : callProcedure(context, { path: 'group.removeMember', input: { conversationId, userId } }))
  return { status: 204 }
}

/** `PUT /groups/:id/join`: oneself, or another whom one may add. */
const joinGroup: Route = async (context, { user_id: userId }, conversationId) => {
  await (isSelf(context, userId)
    ? callProcedure(context, { path: 'group.join', input: { conversationId } })
    : callProcedure(context, {
        path: 'group.addMembers',
        input: { conversationId, userIds: [userId] },
      }))
  return { status: 204 }
}

/**
 * The seed takes the user from the body. Here the body decides only which call is meant: the rights are those of the
 * caller, so that nobody adds or removes whom he may not.
 */
function isSelf(context: Context, userId: unknown): boolean {
  if (context.actor === null) throw new TidingsError('UNAUTHENTICATED')
  return userId === undefined || userId === context.actor.userId
}

/** Seed 002's HTTP side, with its own names. */
export function seed002Routes(contexts: RestContexts): Hono<RestEnv> {
  const serve =
    (route: Route, context: (c: RestRequest) => Context | Promise<Context>) =>
    async (c: RestRequest): Promise<Response> => {
      const body = await readJsonObject(c.req.raw)
      const { status, body: result } = await route(await context(c), body, c.req.param('id') ?? '')
      return result === undefined ? c.body(null, 204) : Response.json(result, { status })
    }
  return new Hono<RestEnv>()
    .post('/users', serve(register, contexts.anonymous))
    .post('/login', serve(login, contexts.anonymous))
    .post('/sessions', serve(openSession, contexts.signedIn))
    .post('/groups', serve(createGroup, contexts.signedIn))
    .put('/groups/:id/left', serve(leftGroup, contexts.signedIn))
    .put('/groups/:id/join', serve(joinGroup, contexts.signedIn))
}
