import type { NoKinds, TypedEvent, Signal, TidingsClient } from '@tidings/sdk'
import type { Call, Command, Shape } from '../cli/command.ts'
import { eventWords, signalWords } from '../words/event-words.ts'
import { titleOf } from '../words/conversation-words.ts'
import { timeOf } from '../words/times.ts'
import { conversationIdOf, Names } from './references.ts'

/** An event, as the server gives it. */
export const EVENT: Shape = {
  what: 'an event; `body` depends on `type`',
  fields: ['stream', 'seq', 'tag', 'timestamp', 'type', 'body'],
}
const SIGNAL: Shape = {
  what: 'with --signals: a signal, which is told once and kept nowhere',
  fields: ['type', 'timestamp', 'body'],
}

const SIGNALS = ['typing.started', 'typing.stopped', 'presence.changed'] as const

type Told = TypedEvent<NoKinds> | Signal

/** `tidings tail` */
export const tail: Command = {
  name: 'tail',
  summary: 'follow your conversations, or one: every event as it happens',
  args: [{ name: 'conversation', about: 'only this one', optional: true }],
  options: [
    { flags: '--count <n>', about: 'end after so many' },
    { flags: '--signals', about: 'tell who is typing and who comes and goes, too' },
  ],
  examples: ['tail', 'tail Lunch --json | jq .body', 'tail @bob --count 1'],
  notes:
    'A lost connection is made again, and what happened meanwhile is told: nothing is left out, and nothing told twice. Ctrl-C\nends it.',
  shapes: [EVENT, SIGNAL],
  endsItself: true,
  async run(call) {
    const { client, optionalArg, options, interrupted } = call
    const word = optionalArg('conversation')
    const only = word === undefined ? undefined : await conversationIdOf(client(), word)
    const told = tellInOrder(call, options.count('count') ?? Infinity)
    const take = (one: Told): void => {
      if (only === undefined || conversationOf(one) === only) told.add(one)
    }
    client().on('event', take)
    if (options.flag('signals')) for (const type of SIGNALS) client().on(type, take)
    tellConnection(call)
    interrupted.addEventListener('abort', told.end, { once: true })
    await Promise.race([client().connect(), told.ended])
    await told.ended
  },
}

/** Presence belongs to a user, not to a conversation. */
function conversationOf({ body }: Told): string | undefined {
  if ('message' in body) return body.message.conversationId
  return 'conversationId' in body ? body.conversationId : undefined
}

/** Names are looked up as they come, and the order must stay. */
function tellInOrder(call: Call, count: number) {
  const { client, out } = call
  const names = new Names(client())
  const titles = new Titles(client())
  let left = count
  let last: Promise<unknown> = Promise.resolve()
  let end = (): void => undefined
  let fail = (_: unknown): void => undefined
  const ended = new Promise<void>((resolve, reject) => {
    end = () => void last.then(() => resolve(), reject)
    fail = reject
  })
  const tell = async (one: Told): Promise<void> => {
    if (out.json) return out.result(one, '')
    const words = 'stream' in one ? await eventWords(one, names) : await signalWords(one, names)
    const conversationId = conversationOf(one)
    const title = conversationId === undefined ? '' : await titles.of(conversationId)
    out.result(
      one,
      `${out.paint('dim', timeOf(one.timestamp))} ${out.paint('cyan', title)}  ${words}`,
    )
  }
  return {
    ended,
    end: () => end(),
    add(one: Told): void {
      if (left === 0) return
      left -= 1
      last = last.then(() => tell(one))
      last.catch(fail)
      if (left === 0) end()
    },
  }
}

/** What conversations are called; each is asked for once. */
class Titles {
  readonly #client: TidingsClient
  readonly #known = new Map<string, Promise<string>>()

  constructor(client: TidingsClient) {
    this.#client = client
  }

  of(conversationId: string): Promise<string> {
    const known = this.#known.get(conversationId)
    if (known !== undefined) return known
    const asked = this.#client.conversation
      .get({ conversationId })
      .then(titleOf, () => conversationId.slice(-8))
    this.#known.set(conversationId, asked)
    return asked
  }
}

/** On stderr: the results go elsewhere. Connected is told when nothing can pass unnoticed any more. */
function tellConnection({ client, out, profile }: Call): void {
  let wasConnected = false
  client().on('caughtUp', () => {
    out.notice(wasConnected ? 'connected again' : `connected to ${profile.url}`)
    wasConnected = true
  })
  client().on('connection', (state) => {
    if (state.state === 'connecting' && state.retryInMs > 0)
      out.notice(`no connection; trying again in ${Math.ceil(state.retryInMs / 1000)} s`)
  })
}
