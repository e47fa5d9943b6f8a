import { createClientIn } from '../../../src/client.ts'
import { SYSTEM } from '../../../src/environment.ts'
import type {
  ClientOptions,
  MessageItem,
  NoKinds,
  Sent,
  TidingsClient,
  TidingsError,
} from '../../../src/index.ts'
import type { Changes } from './changes.ts'
import type { Chance } from './random.ts'

/** One message that somebody was asked to send, and what he has said about it since. */
export interface Said {
  readonly conversationId: string
  readonly clientMessageId: string
  /** Its place in what he has said in the conversation. */
  readonly number: number
  /** After the last edit; undefined once its deletion was asked for. */
  text: string | undefined
  sent: Sent | undefined
  refused: TidingsError | undefined
}

/** What somebody was asked to do. */
export interface Asked {
  readonly said: readonly Said[]
  readonly edits: number
  readonly deletions: number
  readonly reads: number
}

/** Somebody who writes, changes, deletes and reads, and looks at everything that his client shows. */
export interface Talker extends AsyncDisposable {
  readonly name: string
  readonly userId: string
  readonly client: TidingsClient
  readonly asked: Asked
  /** From now on he looks at a conversation. */
  look(conversationId: string): void
  /** All that his client shows of it, oldest first. */
  shown(conversationId: string): readonly MessageItem<NoKinds>[]
  say(conversationId: string): void
  /** Everything that is here. */
  read(conversationId: string): void
  /** Something at random: mostly sends, some edits, deletions and reads. */
  act(conversationIds: readonly string[]): void
  /** Calls that are not answered yet. */
  waiting(): number
  /** Resolves when everything that he was asked to do has been answered. */
  answered(): Promise<void>
}

export interface TalkerOptions {
  readonly name: string
  readonly url: string
  readonly changes: Changes
  readonly chance: Chance
  readonly client?: Partial<ClientOptions<NoKinds>> | undefined
}

const PASSWORD = 'correct horse'

/** A new user and his client; not connected yet. */
export async function openTalker(options: TalkerOptions): Promise<Talker> {
  const { name, url, changes, chance } = options
  // The waits between tries grow as usual but are taken from the short end, so that a storm is used well.
  const environment = { ...SYSTEM, random: () => chance.next() / 20 }
  const client = createClientIn<NoKinds>({ url, ...options.client }, environment)
  await client.account.register({ username: name, password: PASSWORD, signIn: true })
  const userId = client.userId
  if (userId === undefined) throw new Error('signed in as nobody')
  return new Person({ name, userId, client, changes, chance })
}

interface Parts {
  readonly name: string
  readonly userId: string
  readonly client: TidingsClient
  readonly changes: Changes
  readonly chance: Chance
}

class Person implements Talker {
  readonly name: string
  readonly userId: string
  readonly client: TidingsClient
  readonly asked = { said: [] as Said[], edits: 0, deletions: 0, reads: 0 }
  readonly #changes: Changes
  readonly #chance: Chance
  readonly #calls = new Set<Promise<unknown>>()
  readonly #faults: unknown[] = []

  constructor({ name, userId, client, changes, chance }: Parts) {
    this.name = name
    this.userId = userId
    this.client = client
    this.#changes = changes
    this.#chance = chance
    client.on('error', (fault) => this.#faults.push(fault))
    client.on('event', () => changes.note())
    client.on('connection', () => changes.note())
  }

  look(conversationId: string): void {
    const { store } = this.client
    for (const view of [store.messages(conversationId), store.conversation(conversationId)])
      view.subscribe(() => this.#changes.note())
  }

  shown(conversationId: string): readonly MessageItem<NoKinds>[] {
    return this.client.store.messages(conversationId).get().items
  }

  say(conversationId: string): void {
    const number = this.asked.said.filter((one) => one.conversationId === conversationId).length + 1
    const clientMessageId = `${this.name}-${conversationId.slice(0, 8)}-${number}`
    const text = `${this.name} ${number}`
    const said: Said = {
      ...{ conversationId, clientMessageId, number, text },
      sent: undefined,
      refused: undefined,
    }
    this.asked.said.push(said)
    const body = { kind: 'text', text } as const
    const sending = this.client.message.send({ conversationId, clientMessageId, body })
    this.#call(
      sending.then(
        (sent) => {
          said.sent = sent
        },
        (refused: TidingsError) => {
          said.refused = refused
        },
      ),
    )
  }

  act(conversationIds: readonly string[]): void {
    const conversationId = this.#chance.pick(conversationIds)
    const dice = this.#chance.next()
    if (dice < 0.68) this.say(conversationId)
    else if (dice < 0.82) this.#edit(conversationId)
    else if (dice < 0.88) this.#delete(conversationId)
    else this.read(conversationId)
  }

  read(conversationId: string): void {
    this.asked.reads += 1
    this.#call(this.client.message.read({ conversationId }))
  }

  waiting(): number {
    return this.#calls.size
  }

  async answered(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    if (this.#faults.length > 0) throw new AggregateError(this.#faults, `${this.name} met faults`)
  }

  /** One of the last few that he has said and not deleted: some of them have not left yet. */
  #pick(conversationId: string): Said | undefined {
    const left = this.asked.said.filter(
      (one) => one.conversationId === conversationId && one.text !== undefined,
    )
    return left.length === 0 ? undefined : this.#chance.pick(left.slice(-12))
  }

  #edit(conversationId: string): void {
    const said = this.#pick(conversationId)
    if (said === undefined) return
    this.asked.edits += 1
    said.text = `${this.name} ${said.number}, for the ${this.asked.edits}th time`
    const { clientMessageId } = said
    const body = { kind: 'text', text: said.text } as const
    this.#change(said, this.client.message.edit({ conversationId, clientMessageId, body }))
  }

  #delete(conversationId: string): void {
    const said = this.#pick(conversationId)
    if (said === undefined) return
    this.asked.deletions += 1
    said.text = undefined
    const { clientMessageId } = said
    this.#change(said, this.client.message.delete({ conversationId, clientMessageId }))
  }

  /** An edit of what was taken back before it had left went with it; nothing else may fail. */
  #change(said: Said, change: Promise<void>): void {
    this.#call(
      change.catch((refused: TidingsError) => {
        if (refused.code !== 'DISCARDED' || said.text !== undefined) throw refused
      }),
    )
  }

  #call(call: Promise<unknown>): void {
    const noted = call
      .catch((fault: unknown) => this.#faults.push(fault))
      .finally(() => {
        this.#calls.delete(noted)
        this.#changes.note()
      })
    this.#calls.add(noted)
  }
}
