import { directPageSchema, messageSchema, sentSchema, textBodySchema } from '@tidings/protocol'
import { TidingsError } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import * as z from 'zod'
import type { Context } from '../../rpc/context.ts'
import type { Deps } from '../../services/deps.ts'
import { actAs, type ActAs } from '../../services/oauth/act-as.ts'
import { callProcedure } from '../procedure.ts'
import { readParams, type JsonObject } from '../rest/body.ts'
import type { RestContexts, RestEnv, RestRequest } from '../rest/context.ts'
import { requireBody } from '../seeds/body-mistake.ts'
import { openWith, requireSelf, userRefOf } from '../seeds/correspondent.ts'
import { pageOf } from '../seeds/page.ts'
import { requirePlace } from './place.ts'
import { toSeedMessage } from './message.ts'

type Action = (context: Context, params: JsonObject) => Promise<JsonObject>

const BASE = '/api/v1/messages'

/** Seed 000's actions on messages, by GET (with a query or, as the seed does it, with a body) and by POST. */
export function seed000Routes(deps: Deps, contexts: RestContexts): Hono<RestEnv> {
  const app = new Hono<RestEnv>()
  for (const [name, act] of Object.entries(ACTIONS))
    app.on(['GET', 'POST'], `${BASE}/${name}`, async (c) => {
      // A HEAD comes here as if it were a GET, and must change nothing.
      if (c.req.method === 'HEAD') return c.notFound()
      let params: Promise<JsonObject> | undefined
      const given = () => (params ??= paramsOf(c))
      // Who may call is looked at before what he says, as everywhere.
      const context = await contexts.signedInAs(c, async (service) =>
        actAs(deps, service, { action: name, ...actingFor(name, await given()) }),
      )
      return c.json(await act(context, await given()))
    })
  return app
}

/** The body counts before the query. A GET has no body to the fetch API, but it has one on the wire. */
async function paramsOf({ req, env }: RestRequest): Promise<JsonObject> {
  const given = await readParams(env.incoming, req.header('content-type') ?? '')
  return { ...req.query(), ...given }
}

/**
 * In whose name a client without a user acts: whom `send_user_id` names or, where the seed names nobody, the one whose
 * message it is or who got it.
 */
function actingFor(
  action: string,
  { id, send_user_id }: JsonObject,
): Pick<ActAs, 'user' | 'message'> {
  if (send_user_id !== undefined && send_user_id !== '')
    return { user: userRefOf(send_user_id, 'send_user_id') }
  const side = SIDES[action]
  return { user: undefined, message: side === undefined ? undefined : { id, side } }
}

const SIDES: Readonly<Record<string, 'sender' | 'reader'>> = {
  read: 'reader',
  deletemessage: 'sender',
}

/** The sender is the caller: the seed's `send_user_id` can only say so once more. */
const sendMessage: Action = async (context, { send_user_id, target_user_id, content }) => {
  requireSelf(context, send_user_id)
  const given = { kind: 'text', text: content }
  requireBody(context, given, { text: 'content' })
  const body = textBodySchema.parse(given)
  const { id, peer } = await openWith(context, userRefOf(target_user_id, 'target_user_id'))
  const output = await callProcedure(context, {
    path: 'message.send',
    input: { conversationId: id, body },
  })
  // Stored by now: a call that could still be refused would make the client send it again.
  const { messageId, seq, timestamp } = sentSchema.parse(output)
  const self = context.actor?.userId ?? ''
  const message = { id: messageId, senderId: self, body, seq, createdAt: timestamp }
  // Without another one they are notes to oneself.
  const targetUserId = peer?.id ?? self
  return toSeedMessage(message, { targetUserId, delivered: false, read: false })
}

const sequenceSchema = z.coerce.number().int().min(0)

/** Everything up to a sequence number; without one, up to the message. */
const read: Action = async (context, { id, message_sequence }) => {
  const { conversationId, seq: own } = await requirePlace(context, id)
  const parsed = sequenceSchema.safeParse(message_sequence ?? own)
  if (!parsed.success) {
    const fields = [{ path: 'message_sequence', message: 'a sequence number' }]
    throw new TidingsError('INVALID_INPUT', undefined, { fields })
  }
  const seq = parsed.data
  await callProcedure(context, { path: 'message.read', input: { conversationId, seq } })
  return { id, message_sequence: seq, readed: '1' }
}

/** For the caller alone: for the others, and for what comes later, it stays. */
const deleteSession: Action = async (context, { id, target_user_id = id }) => {
  const { conversationId } = await requirePlace(context, target_user_id)
  await callProcedure(context, { path: 'conversation.hide', input: { conversationId } })
  return { id: conversationId, deleted: '1' }
}

/** One's own message is deleted for all, another's for oneself. */
const deleteMessage: Action = async (context, { id }) => {
  const { actor } = context
  const found = await callProcedure(context, { path: 'message.get', input: { messageId: id } })
  const { conversationId, senderId } = messageSchema.parse(found)
  const input = { conversationId, messageId: id }
  const path = senderId === actor?.userId ? 'message.delete' : 'message.hide'
  await callProcedure(context, { path, input })
  return { id, deleted: '1' }
}

/** What the seed's User has: `send_messages` and `receive_messages`, the newest first. */
const listMessages =
  (direction: 'sent' | 'received'): Action =>
  async (context, params) => {
    const { page, perPage: limit } = pageOf(params)
    const output = await callProcedure(context, {
      path: 'message.listDirect',
      input: { direction, page, limit },
    })
    const { items } = directPageSchema.parse(output)
    const self = context.actor?.userId ?? ''
    const messages = items.map(({ message, peer, delivered, read: isRead }) => {
      const targetUserId = direction === 'sent' ? peer.id : self
      return toSeedMessage(message, { targetUserId, delivered, read: isRead })
    })
    return { messages, page, per_page: limit }
  }

const ACTIONS: Readonly<Record<string, Action>> = {
  send_message: sendMessage,
  read,
  delete_session: deleteSession,
  deletemessage: deleteMessage,
  send_messages: listMessages('sent'),
  receive_messages: listMessages('received'),
}
