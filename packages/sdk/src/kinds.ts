import {
  LIMITS,
  jsonProblem,
  textProblem,
  TidingsError,
  utf8Length,
  type BodyOf,
  type DeletedBody,
  type Event,
  type EventOf,
  type Json,
  type KindResult,
  type Kinds,
  type Message,
  type MessageBody,
  type MessagePage,
  type ReceivedMessageBody,
} from '@tidings/protocol/wire'

/** A body that this client's `kinds` do not describe: of a newer version of the app, or of another app. */
export interface UnknownBody {
  readonly kind: 'unknown'
  /** The kind's name. */
  readonly name: string
  readonly data: Json
}

/** What a received message may hold. */
export type ReceivedBody<K extends Kinds> = BodyOf<K> | DeletedBody | UnknownBody

/** A message as this client shows it. */
export type ReceivedMessage<K extends Kinds> = Omit<Message, 'body'> & {
  readonly body: ReceivedBody<K>
}

/** A page of history. */
export type ReceivedPage<K extends Kinds> = Omit<MessagePage, 'messages'> & {
  readonly messages: readonly ReceivedMessage<K>[]
}

/** A message was sent, by whomever; also by this client. */
export type MessageCreated<K extends Kinds> = Omit<EventOf<'message.created'>, 'body'> & {
  readonly body: { readonly message: ReceivedMessage<K> }
}

/** The sender has changed a message; `message` is the whole of it after the change. */
export type MessageEdited<K extends Kinds> = Omit<EventOf<'message.edited'>, 'body'> & {
  readonly body: { readonly message: ReceivedMessage<K> }
}

/** A message was deleted; its body is of the kind `deleted`. */
export type MessageDeleted<K extends Kinds> = Omit<EventOf<'message.deleted'>, 'body'> & {
  readonly body: { readonly message: ReceivedMessage<K> }
}

/** The events that carry a message. */
export type MessageEventType = 'message.created' | 'message.edited' | 'message.deleted'

/** A durable event as this client shows it. */
export type ReceivedEvent<K extends Kinds> =
  | MessageCreated<K>
  | MessageEdited<K>
  | MessageDeleted<K>
  | Exclude<Event, { readonly type: MessageEventType }>

/** Checks and types message bodies by an app's kinds. */
export interface BodyCheck<K extends Kinds> {
  /**
   * The body to send. At once, unless the schema answers later.
   * @throws TidingsError INVALID_INPUT, UNSUPPORTED_KIND
   */
  toSend(body: BodyOf<K>): MessageBody | Promise<MessageBody>
  /** The body to show. */
  shown(body: ReceivedMessageBody): ReceivedBody<K>
  received(message: Message): ReceivedMessage<K>
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
  return {
    toSend(body) {
      const given: unknown = body
      if (isText(given)) return checkText(given.text)
      const { kind, data } = ownKind(given)
      const result = validate(kind, data)
      return result instanceof Promise
        ? result.then((late) => toBody(kind, late))
        : toBody(kind, result)
    },
    shown: (body) => readBody<K>(kinds, body),
    received: (message) => ({ ...message, body: readBody<K>(kinds, message.body) }),
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
  if (utf8Length(text) > LIMITS.messageBytes)
    throw invalid(path, `longer than ${LIMITS.messageBytes} bytes`)
}

function invalid(path: string, message: string): TidingsError {
  return new TidingsError('INVALID_INPUT', undefined, { fields: [{ path, message }] })
}

/** A received body by the app's own schema; whatever that does not take is unknown, not wrong. */
function readBody<K extends Kinds>(kinds: Kinds, body: ReceivedMessageBody): ReceivedBody<K> {
  if (isDeleted(body)) return body
  const received: unknown = body
  if (isBodyOf<K>(kinds, received)) return received
  return { kind: 'unknown', name: body.kind, data: 'data' in body ? body.data : body.text }
}

function isDeleted(body: ReceivedMessageBody): body is DeletedBody {
  return body.kind === 'deleted'
}

function isBodyOf<K extends Kinds>(kinds: Kinds, body: unknown): body is BodyOf<K> {
  if (isText(body)) return true
  const { kind, data } = ownKind(body)
  const schema = schemaOf(kinds, kind)
  if (schema === undefined) return false
  const result = schema['~standard'].validate(data)
  // A schema that answers later has been asked by the server before the message was stored.
  return result instanceof Promise || result.issues === undefined
}
