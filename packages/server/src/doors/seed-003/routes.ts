import { messagePageSchema, sentSchema } from '@tidings/protocol'
import type { Conversation, Message } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import type { Context } from '../../rpc/context.ts'
import { callProcedure } from '../procedure.ts'
import { readJsonObject, type JsonObject } from '../rest/body.ts'
import type { RestContexts, RestEnv, RestRequest } from '../rest/context.ts'
import { requireBody } from '../seeds/body-mistake.ts'
import { findWith, openWith, requireSelf, userRefOf } from '../seeds/correspondent.ts'
import { pageOf } from '../seeds/page.ts'
import { wholeHistory } from './history.ts'
import { toBody, toSeedMessage } from './message.ts'

/** Seed 003's operations on messages. Its users and logins are those of seed 002, at the same addresses. */
export function seed003Routes(contexts: RestContexts): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .post('/messages', async (c) => {
      const context = await contexts.signedIn(c)
      return c.json(await send(context, await readJsonObject(c.req.raw)), 201)
    })
    .get('/messages', async (c) => {
      const context = await contexts.signedIn(c)
      return fetchMessages(context, { contexts, request: c })
    })
}

async function send(
  context: Context,
  { recipient, sender, ...message }: JsonObject,
): Promise<JsonObject> {
  requireSelf(context, sender)
  const body = toBody(message)
  requireBody(context, body, { text: 'message', url: 'link' })
  const { id: conversationId } = await openWith(context, userRefOf(recipient, 'recipient'))
  const output = await callProcedure(context, {
    path: 'message.send',
    input: { conversationId, body },
  })
  const { messageId, seq, timestamp } = sentSchema.parse(output)
  return { id: messageId, seq, created_at: timestamp }
}

/** All messages between the caller and somebody, or a page of them, the newest first. */
async function fetchMessages(
  context: Context,
  { contexts, request }: { readonly contexts: RestContexts; readonly request: RestRequest },
): Promise<Response> {
  const query = request.req.query()
  const conversation = await findWith(context, userRefOf(query['user'], 'user'))
  if (conversation === null) return Response.json({ messages: [] })
  const { id: conversationId } = conversation
  const show = shownIn(context, conversation)
  if (query['page'] === undefined && query['per_page'] === undefined) {
    const headers = { 'content-type': 'application/json' }
    const history = { contexts, request, context, conversationId, show }
    return new Response(await wholeHistory(history), { headers })
  }
  const { page, perPage: limit } = pageOf(query)
  const input = { conversationId, page, limit }
  const output = await callProcedure(context, { path: 'message.list', input })
  const { items, next } = messagePageSchema.parse(output)
  const more = next !== null
  return Response.json({ messages: items.map(show), page, per_page: limit, more })
}

function shownIn({ actor }: Context, { peer }: Conversation): (message: Message) => JsonObject {
  const self = actor?.userId ?? ''
  const recipientOf = (senderId: string) => (senderId === self ? (peer?.id ?? self) : self)
  return (message) => toSeedMessage(message, recipientOf(message.senderId))
}
