import { clientMessageIdSchema, nameKey } from '@tidings/protocol'
import { jsonProblem, LIMITS, TidingsError } from '@tidings/protocol/wire'
import * as z from 'zod'
import { fieldProblems } from '../../rpc/field-problems.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import type { Dialect, DialectHost, SinkOptions } from '../device/dialect.ts'
import type { FollowerSink } from '../device/follower-sink.ts'
import { bodyMistake } from '../seeds/body-mistake.ts'
import { callProcedure } from '../procedure.ts'
import { Directory } from './directory.ts'
import { failure } from './envelope.ts'
import { Seed001Sink } from './sink.ts'

const nameSchema = z.string().max(LIMITS.usernameLength * 4)

/** What a client sends; `client_id` is ours, and makes a repeat harmless. */
const sentSchema = z.object({
  author: nameSchema.optional(),
  recipient: nameSchema,
  message: z.string(),
  client_id: clientMessageIdSchema.optional(),
})
type SentMessage = z.infer<typeof sentSchema>

/** The WebSocket of seed 001: messages to and from single users. What is refused is answered with a failed envelope. */
export class Seed001Dialect implements Dialect {
  readonly #host: DialectHost
  readonly #directory: Directory
  readonly #queue: string[] = []
  #working = false

  constructor(host: DialectHost) {
    this.#host = host
    this.#directory = new Directory(host.context)
  }

  receive(text: string): void {
    this.#queue.push(text)
    this.#balance()
    void this.#work()
  }

  clear(): void {
    this.#queue.length = 0
  }

  rewound(): void {
    // Nothing is remembered of what was told.
  }

  sink({ ledger }: SinkOptions): FollowerSink {
    return new Seed001Sink(this.#host, this.#directory, ledger)
  }

  /** One after the other, so that a client need not wait to keep its messages in order. */
  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    for (let text = this.#queue.shift(); text !== undefined; text = this.#queue.shift()) {
      await this.#host.socket.drained()
      await this.#carryOut(text)
      this.#balance()
    }
    this.#working = false
  }

  #balance(): void {
    const { socket } = this.#host
    if (this.#queue.length >= LIMITS.concurrentCallsPerConnection) socket.hold()
    else socket.release()
  }

  async #carryOut(text: string): Promise<void> {
    const sent = this.#read(text)
    if (sent instanceof TidingsError)
      return this.#host.mistake(sent, (error) => this.#refuse(error))
    try {
      await this.#send(sent)
    } catch (thrown) {
      this.#refuse(toTidingsError(thrown))
    }
  }

  /** A message that may be sent, or why it may not. */
  #read(text: string): SentMessage | TidingsError {
    const sent = readMessage(text)
    if (sent instanceof TidingsError) return sent
    const { author } = sent
    if (author !== undefined && nameKey(author) !== nameKey(this.#host.actor.username))
      return new TidingsError('FORBIDDEN', 'The author must be the one who has signed in.')
    return bodyMistake(toBody(sent), { text: 'message' }) ?? sent
  }

  /** The author gets his own message back as everybody does: once it is stored. */
  async #send(sent: SentMessage): Promise<void> {
    const { recipient, client_id: clientMessageId } = sent
    const { context } = this.#host
    const conversationId = await this.#directory.conversationWith(recipient)
    const input = { conversationId, clientMessageId, body: toBody(sent) }
    await callProcedure(context, { path: 'message.send', input })
  }

  #refuse(error: TidingsError): void {
    this.#host.socket.send(JSON.stringify(failure(error)))
  }
}

function toBody({ message }: SentMessage): unknown {
  return { kind: 'text', text: message }
}

/** A message, or why it is none. */
function readMessage(text: string): SentMessage | TidingsError {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return invalid('', 'not JSON')
  }
  const problem = jsonProblem(value)
  if (problem !== undefined) return invalid('', problem)
  const parsed = sentSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [field] = fieldProblems(parsed.error) ?? []
  const { path = '', message = 'not valid' } = field ?? {}
  return invalid(path, `${message}; a message is {author, recipient, message, client_id?}`)
}

function invalid(path: string, message: string): TidingsError {
  return new TidingsError('INVALID_INPUT', undefined, { fields: [{ path, message }] })
}
