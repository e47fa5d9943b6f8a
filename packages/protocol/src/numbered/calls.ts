import * as z from 'zod'
import { historyPolicySchema, joinPolicySchema } from '../conversation.ts'
import { TidingsError } from '../errors.ts'
import { addedMembersSchema } from '../group.ts'
import { clientMessageIdSchema, idSchema, seqSchema } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import {
  messageSchema,
  sentSchema,
  type DeleteMessageInput,
  type EditMessageInput,
  type Message,
  type SendInput,
  type Sent,
} from '../message.ts'
import { METHODS, type MethodNumber, type NumberedPath } from '../numbers.ts'
import { reactionTextSchema, type ReactInput } from '../reaction.ts'
import type { MarkInput } from '../receipt.ts'
import { lineSchema } from '../text.ts'
import { additionsOf, content, toBody } from './content.ts'
import { toDeletedBody, toMessageBody } from './events.ts'
import { parseBody, required } from './parse.ts'

/** What a numbered call's answer holds, in snake_case. */
export type CallResult = Readonly<Record<string, unknown>>

/** One number's translation between the numbered wire and the procedure that it calls. */
export interface CallCodec {
  readonly path: NumberedPath
  /** Of the body on the wire; for documentation. */
  readonly body: z.ZodType
  /** The procedure's input. @throws TidingsError INVALID_INPUT with the wire's field names, FORBIDDEN */
  decode(body: unknown, userId: string): unknown
  /** The answer on the wire, from the procedure's output. */
  encode(output: unknown): CallResult
}

interface CodecParts<Body, Output> {
  readonly body: z.ZodType<Body>
  readonly input: (body: Body, userId: string) => unknown
  readonly output?: z.ZodType<Output>
  readonly result?: (output: Output) => CallResult
}

function codec<Body, Output = unknown>(
  number: MethodNumber,
  parts: CodecParts<Body, Output>,
): CallCodec {
  return {
    path: METHODS[number],
    body: parts.body,
    decode: (body, userId) => parts.input(parseBody(parts.body, body), userId),
    encode: (output) =>
      parts.output === undefined || parts.result === undefined
        ? {}
        : parts.result(parts.output.parse(output)),
  }
}

const group = z.object({ group_id: idSchema })

/** Seed 002's HTTP bodies name the user; over the socket the caller is meant, and naming another is refused. */
const selfInGroup = z.object({ group_id: idSchema, user_id: idSchema.optional() })

function requireSelf(body: z.infer<typeof selfInGroup>, userId: string) {
  if (body.user_id !== undefined && body.user_id !== userId) {
    throw new TidingsError(
      'FORBIDDEN',
      'Methods 51 and 52 are for oneself: add others with 53, remove them with 54.',
    )
  }
  return { conversationId: body.group_id }
}

const toConversation = (body: { readonly group_id: string }) => ({ conversationId: body.group_id })

const sendBody = z.object({
  group_id: idSchema,
  ...content,
  client_id: clientMessageIdSchema.optional(),
  /** The id of the message that this one answers. */
  reply_to: idSchema.optional(),
})

function toSendInput(body: z.infer<typeof sendBody>): SendInput {
  const { group_id: conversationId, client_id: clientMessageId, reply_to: replyTo } = body
  return { conversationId, clientMessageId, body: toBody(body), ...additionsOf(body, replyTo) }
}

/** The input of `message.send` from the body of method 40. @throws TidingsError INVALID_INPUT */
export function decodeSend(body: unknown): SendInput {
  return toSendInput(parseBody(sendBody, body))
}

/** What method 40 answers to a call with an `id`. */
export function toSentResult(sent: Sent): CallResult {
  return {
    message_id: sent.messageId,
    group_id: sent.conversationId,
    ...(sent.clientMessageId === null ? {} : { client_id: sent.clientMessageId }),
    seq: sent.seq,
    timestamp: sent.timestamp,
    duplicate: sent.duplicate,
  }
}

const markBody = z.object({
  message_id: idSchema.optional(),
  /** In place of `message_id`: everything up to `seq`. */
  group_id: idSchema.optional(),
  seq: seqSchema.optional(),
})

function toMarkInput(body: z.infer<typeof markBody>): MarkInput {
  if (body.group_id !== undefined && body.seq !== undefined) {
    return { conversationId: body.group_id, seq: body.seq }
  }
  return { messageId: required('message_id', body.message_id) }
}

const messageRefBody = z.object({
  group_id: idSchema,
  message_id: idSchema.optional(),
  /** In place of `message_id`: the one under which the caller sent it. */
  client_id: clientMessageIdSchema.optional(),
})
const editBody = messageRefBody.extend(content)

function toDeleteInput(body: z.infer<typeof messageRefBody>): DeleteMessageInput {
  const { group_id: conversationId, message_id: messageId, client_id: clientMessageId } = body
  if (messageId !== undefined && clientMessageId !== undefined) {
    throw new TidingsError('INVALID_INPUT', undefined, {
      fields: [{ path: 'body.client_id', message: 'give message_id or client_id, and not both' }],
    })
  }
  if (clientMessageId !== undefined) return { conversationId, clientMessageId }
  return { conversationId, messageId: required('message_id', messageId) }
}

function toEditInput(body: z.infer<typeof editBody>): EditMessageInput {
  return { ...toDeleteInput(body), body: toBody(body), ...additionsOf(body) }
}

const reactBody = messageRefBody.extend({
  reaction: reactionTextSchema,
  remove: z.boolean().optional(),
})

function toReactInput(body: z.infer<typeof reactBody>): ReactInput {
  return { ...toDeleteInput(body), reaction: body.reaction, remove: body.remove }
}

/** The message's reactions after the call. */
function toReactResult({ id, reactions = [] }: Message): CallResult {
  return { message_id: id, reactions }
}

const userIds = z.array(idSchema).max(LIMITS.addMembers)

const createdGroup = z.object({ id: idSchema })

/**
 * Method 20. Any `timestamp` is accepted: what is not a time counts as 0. `caught_up: true` asks for one frame 29 when
 * everything missed has been sent.
 */
export const sinceBodySchema = z.object({
  timestamp: z.unknown().optional(),
  caught_up: z.unknown().optional(),
})

/** One codec a number. */
export const CALLS: { readonly [Number in MethodNumber]: CallCodec } = {
  20: codec(20, { body: sinceBodySchema, input: (body) => ({ since: body.timestamp }) }),
  40: codec(40, { body: sendBody, input: toSendInput, output: sentSchema, result: toSentResult }),
  41: codec(41, { body: markBody, input: toMarkInput }),
  42: codec(42, { body: markBody, input: toMarkInput }),
  43: codec(43, {
    body: editBody,
    input: toEditInput,
    output: messageSchema,
    result: toMessageBody,
  }),
  44: codec(44, {
    body: messageRefBody,
    input: toDeleteInput,
    output: messageSchema,
    result: toDeletedBody,
  }),
  45: codec(45, {
    body: reactBody,
    input: toReactInput,
    output: messageSchema,
    result: toReactResult,
  }),
  50: codec(50, {
    body: z.object({
      client_id: clientMessageIdSchema.optional(),
      name: lineSchema(LIMITS.groupNameLength),
      user_ids: userIds.default([]),
      join_policy: joinPolicySchema.optional(),
      history: historyPolicySchema.optional(),
    }),
    input: ({ client_id, name, user_ids, join_policy, history }) => ({
      clientConversationId: client_id,
      name,
      userIds: user_ids,
      joinPolicy: join_policy,
      history,
    }),
    output: createdGroup,
    result: ({ id }) => ({ group_id: id }),
  }),
  51: codec(51, { body: selfInGroup, input: requireSelf }),
  52: codec(52, { body: selfInGroup, input: requireSelf }),
  53: codec(53, {
    body: z.object({ group_id: idSchema, user_ids: userIds.min(1) }),
    input: ({ group_id, user_ids }) => ({ conversationId: group_id, userIds: user_ids }),
    output: addedMembersSchema,
    result: ({ added }) => ({ added }),
  }),
  54: codec(54, {
    body: z.object({ group_id: idSchema, user_id: idSchema }),
    input: ({ group_id, user_id }) => ({ conversationId: group_id, userId: user_id }),
  }),
  55: codec(55, {
    body: z.object({
      group_id: idSchema,
      name: lineSchema(LIMITS.groupNameLength).optional(),
      join_policy: joinPolicySchema.optional(),
      history: historyPolicySchema.optional(),
    }),
    input: ({ group_id, name, join_policy, history }) => ({
      conversationId: group_id,
      name,
      joinPolicy: join_policy,
      history,
    }),
  }),
  60: codec(60, { body: group, input: toConversation }),
  61: codec(61, { body: group, input: toConversation }),
}
