import { isTidingsError, type NoKinds, type TypedEvent, type TidingsClient } from '@tidings/sdk'
import type { Input } from '../cli/input.ts'
import type { Output } from '../cli/output.ts'
import { Names } from '../commands/references.ts'
import { usage } from '../cli/failure.ts'
import { eventWords } from '../words/event-words.ts'
import { readLine } from '../screen/slash.ts'
import { findConversation } from './find-conversation.ts'

export interface LinesOptions {
  readonly client: TidingsClient
  readonly input: Input
  readonly out: Output
  readonly word: string | undefined
  readonly interrupted: AbortSignal
}

/**
 * Talks without a screen: each line that comes in is sent, each event of the conversation is a line that goes out. Ends
 * when the input has ended and everything is sent, or at /quit.
 */
export async function talkInLines({
  client,
  input,
  out,
  word,
  interrupted,
}: LinesOptions): Promise<void> {
  if (word === undefined)
    throw usage('Without a terminal, name the conversation: tidings chat @name')
  const stopped = new Promise<void>((resolve) =>
    interrupted.addEventListener('abort', () => resolve(), { once: true }),
  )
  const gone = new Promise<never>((_, reject) => {
    client.on('connection', (state) => {
      if (state.state === 'disconnected' && state.error !== undefined) reject(state.error)
    })
  })
  gone.catch(() => undefined)
  const conversationId = await Promise.race([findConversation(client, word), gone])
  const teller = new Teller(client, out, conversationId)
  client.on('event', (event) => teller.told(event))
  // From then on nothing passes unnoticed: no answer to a line can come before its answers are listened to.
  await Promise.race([client.connect(), stopped, gone])
  const talk = async (): Promise<void> => {
    const underWay: Promise<unknown>[] = []
    for await (const line of input.lines()) {
      const said = readLine(line)
      if (said.kind === 'command' && said.name === 'quit') break
      if (line.trim() === '') continue
      // Other commands are for people; a script has the program's own.
      const text = said.kind === 'text' ? said.text : line
      underWay.push(client.message.send({ conversationId, body: { kind: 'text', text } }))
    }
    const refused = (await Promise.allSettled(underWay)).find(
      (outcome) => outcome.status === 'rejected',
    )
    await teller.finish()
    if (refused !== undefined) throw toError(refused.reason)
  }
  if (!interrupted.aborted) await Promise.race([talk(), stopped, gone])
}

function toError(reason: unknown): Error {
  return isTidingsError(reason) || reason instanceof Error ? reason : new Error(String(reason))
}

/** Tells events one after the other: names are looked up, and the order must stay. */
class Teller {
  readonly #client: TidingsClient
  readonly #names: Names
  readonly #out: Output
  readonly #conversationId: string
  #last: Promise<void> = Promise.resolve()

  constructor(client: TidingsClient, out: Output, conversationId: string) {
    this.#client = client
    this.#names = new Names(client)
    this.#out = out
    this.#conversationId = conversationId
  }

  told(event: TypedEvent<NoKinds>): void {
    const { stream } = event
    // Receipts and marks would drown the conversation; one's own lines have just been written.
    if (stream !== `m:${this.#conversationId}`) return
    if (event.type === 'message.created' && event.body.message.senderId === this.#client.userId)
      return
    this.#last = this.#last.then(async () => {
      this.#out.result(event, this.#out.json ? '' : await eventWords(event, this.#names))
    })
  }

  finish(): Promise<void> {
    return this.#last
  }
}
