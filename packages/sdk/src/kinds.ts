import {
  CLIENT_LIMITS,
  fitsInBytes,
  jsonProblem,
  textProblem,
  TidingsError,
  type BodyOf,
  type DeletedBody,
  type DirectMessage,
  type Event,
  type EventOf,
  type Json,
  type KindResult,
  type Kinds,
  type Message,
  type MessageBody,
  type MessagePage,
  type MessageVersion,
  type ShownBody,
  type SearchExcerpt,
  type SearchPage,
} from '@tidings/protocol/wire'

import { isLinked, toLinked } from './linked.ts'
import { isRecord } from './record.ts'

/** A body that this client does not know: of a newer version of the app or of Tidings, or of another app. */
export interface UnknownBody {
  readonly kind: 'unknown'
  /** The kind's name. */
  readonly name: string
  /** The data of an app's kind; null of a kind that has none. */
  readonly data: Json
  /** The whole body as it came. */
  readonly raw: Json
}

/** What a message that is shown may hold, typed by the app's kinds. */
export type TypedBody<K extends Kinds> = BodyOf<K> | DeletedBody | UnknownBody

/** A message whose body is typed by the app's kinds. */
export type TypedMessage<K extends Kinds> = Omit<Message, 'body'> & {
  readonly body: TypedBody<K>
}

/** A page of history. */
export type TypedMessagePage<K extends Kinds> = Omit<MessagePage, 'items'> & {
  readonly items: readonly TypedMessage<K>[]
}

/** What a message has said, what it says now first. */
export interface TypedVersionPage<K extends Kinds> {
  readonly items: readonly (Omit<MessageVersion, 'body'> & { readonly body: TypedBody<K> })[]
  /** The cursor of the next page; null on the last one. */
  readonly next: string | null
}

/** A page of direct messages of all conversations. */
export interface TypedDirectPage<K extends Kinds> {
  readonly items: readonly (Omit<DirectMessage, 'message'> & {
    readonly message: TypedMessage<K>
  })[]
  /** The cursor of the next page; null on the last one. */
  readonly next: string | null
}

/** What was found, newest first. */
export type TypedSearchPage<K extends Kinds> = Omit<SearchPage, 'items'> & {
  readonly items: readonly {
    readonly message: TypedMessage<K>
    readonly excerpt: SearchExcerpt
  }[]
}

/** A message was sent, by whomever; also by this client. */
export type MessageCreated<K extends Kinds> = Omit<EventOf<'message.created'>, 'body'> & {
  readonly body: { readonly message: TypedMessage<K> }
}

/** The sender has changed a message; `message` is the whole of it after the change. */
export type MessageEdited<K extends Kinds> = Omit<EventOf<'message.edited'>, 'body'> & {
  readonly body: { readonly message: TypedMessage<K> }
}

/** A message was deleted; its body is of the kind `deleted`. */
export type MessageDeleted<K extends Kinds> = Omit<EventOf<'message.deleted'>, 'body'> & {
  readonly body: { readonly message: TypedMessage<K> }
}

/** The events that carry a message. */
export type MessageEventType = 'message.created' | 'message.edited' | 'message.deleted'

/** A durable event; the bodies of messages are typed by the app's kinds. */
export type TypedEvent<K extends Kinds> =
  | MessageCreated<K>
  | MessageEdited<K>
  | MessageDeleted<K>
  | Exclude<Event, { readonly type: MessageEventType }>

/** An event that carries a message. */
type TypedMessageEvent<K extends Kinds> = MessageCreated<K> | MessageEdited<K> | MessageDeleted<K>

/** Checks and types message bodies by an app's kinds. */
export interface BodyCheck<K extends Kinds> {
  /**
   * The body to send. At once, unless the schema answers later.
   * @throws TidingsError INVALID_INPUT, UNSUPPORTED_KIND
   */
  toSend(body: BodyOf<K>): MessageBody | Promise<MessageBody>
  /** The body to show. */
  typedBody(body: ShownBody): TypedBody<K>
  typed(message: Message): TypedMessage<K>
  typedEvent(event: EventOf<MessageEventType>): TypedMessageEvent<K>
}

export function createBodyCheck<K extends Kinds>(kinds: Kinds): BodyCheck<K> {
  const validate = (
    name: string,
    data: unknown,
  ): KindResult<unknown> | Promise<KindResult<unknown>> => {
    const schema = schemaOf(kinds, name)
    if (schema === undefined) throw new TidingsError('UNSUPPORTED_KIND')
    return schema['~standard'].validate(data)
  }
  const withUnknownBody = (message: Message): TypedMessage<K> => ({
    ...message,
    body: unknownBody(message.body),
  })
  return {
    typed: (message) => (isTyped<K>(kinds, message) ? message : withUnknownBody(message)),
    typedEvent: (event) =>
      isTypedEvent<K>(kinds, event)
        ? event
        : { ...event, body: { message: withUnknownBody(event.body.message) } },
    typedBody: (body) => readBody<K>(kinds, body),
    toSend(body) {
      const given: unknown = body
      if (isText(given)) return checkText(given.text)
      if (isLinked(given)) return toLinked(given)
      const { kind, data } = ownKind(given)
      const result = validate(kind, data)
      return result instanceof Promise
        ? result.then((late) => toBody(kind, late))
        : toBody(kind, result)
    },
  }
}

function schemaOf(kinds: Kinds, name: string): Kinds[string] | undefined {
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined
}

function isText(body: unknown): body is { readonly kind: 'text'; readonly text: unknown } {
  return (
    typeof body === 'object' &&
    body !== null &&
    'kind' in body &&
    body.kind === 'text' &&
    'text' in body
  )
}

function ownKind(body: unknown): { readonly kind: string; readonly data: unknown } {
  if (typeof body === 'object' && body !== null && 'kind' in body && 'data' in body) {
    const { kind, data } = body
    if (typeof kind === 'string') return { kind, data }
  }
  throw invalid('body', 'neither a text nor { kind, data }')
}

function checkText(text: unknown): MessageBody {
  if (typeof text !== 'string') throw invalid('body.text', 'not a string')
  const problem = textProblem(text)
  if (problem !== undefined) throw invalid('body.text', problem)
  checkLength(text, 'body.text')
  return { kind: 'text', text }
}

function toBody(kind: string, result: KindResult<unknown>): MessageBody {
  if (result.issues !== undefined) {
    const fields = result.issues.slice(0, 20).map(({ message }) => ({ path: 'body.data', message }))
    throw new TidingsError('INVALID_INPUT', undefined, { fields })
  }
  return { kind, data: checkJson(result.value) }
}

function checkJson(data: unknown): Json {
  if (!isJson(data)) throw invalid('body.data', jsonProblem(data) ?? 'not JSON')
  checkLength(JSON.stringify(data), 'body.data')
  return data
}

function isJson(value: unknown): value is Json {
  return value !== undefined && jsonProblem(value) === undefined
}

function checkLength(text: string, path: string): void {
  if (!fitsInBytes(text, CLIENT_LIMITS.messageBytes))
    throw invalid(path, `longer than ${CLIENT_LIMITS.messageBytes} bytes`)
}

function invalid(path: string, message: string): TidingsError {
  return new TidingsError('INVALID_INPUT', undefined, { fields: [{ path, message }] })
}

/** A body by the app's own schema; whatever that does not take is unknown, not wrong. */
function readBody<K extends Kinds>(kinds: Kinds, body: ShownBody): TypedBody<K> {
  const shown: unknown = body
  return isShownAsIs<K>(kinds, shown) ? shown : unknownBody(body)
}

function unknownBody(body: ShownBody): UnknownBody {
  // A newer server may know kinds that have neither text nor data.
  const raw: unknown = { ...body }
  return {
    kind: 'unknown',
    name: body.kind,
    data: 'data' in body ? body.data : null,
    raw: isJson(raw) ? raw : null,
  }
}

interface Bodied {
  readonly body: unknown
}

function isTyped<K extends Kinds>(kinds: Kinds, message: Bodied): message is TypedMessage<K> {
  return isShownAsIs<K>(kinds, message.body)
}

function isTypedEvent<K extends Kinds>(
  kinds: Kinds,
  event: { readonly body: { readonly message: Bodied } },
): event is TypedMessageEvent<K> {
  return isTyped<K>(kinds, event.body.message)
}

/** True of most: a message with such a body needs no copy. */
function isShownAsIs<K extends Kinds>(
  kinds: Kinds,
  body: unknown,
): body is BodyOf<K> | DeletedBody {
  return isDeleted(body) || isBodyOf<K>(kinds, body)
}

/** Of fields that this version knows. */
function isKnown(body: Parameters<typeof toLinked>[0]): boolean {
  try {
    toLinked(body)
    return true
  } catch {
    return false
  }
}

function isDeleted(body: unknown): body is DeletedBody {
  return isRecord(body) && body['kind'] === 'deleted'
}

function isBodyOf<K extends Kinds>(kinds: Kinds, body: unknown): body is BodyOf<K> {
  if (isText(body)) return typeof body.text === 'string'
  if (isLinked(body)) return isKnown(body)
  if (!isRecord(body) || typeof body['kind'] !== 'string') return false
  const { kind, data } = body
  const schema = schemaOf(kinds, kind)
  if (schema === undefined || data === undefined) return false
  const result = schema['~standard'].validate(data)
  // A schema that answers later has been asked by the server before the message was stored.
  return result instanceof Promise || result.issues === undefined
}
