import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { setImmediate as immediately } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { createClientIn } from '../../../src/client.ts'
import { SYSTEM } from '../../../src/environment.ts'
import { parseJson } from '../../../src/frames.ts'
import type {
  ClientStorage,
  Credentials,
  NoKinds,
  StorageChange,
  TidingsClient,
  TokenStore,
} from '../../../src/index.ts'
import { KEEPERS } from '../../storage/keeper.ts'

// A program that sends messages and dies where it is told to. It says what it does, a line each, on standard output.

/** The steps of a message's life in the outbox at which a program may die. */
export const STEPS = [
  'before it is kept',
  'while it is being kept',
  'kept, before its first byte',
  'in flight',
  'stored by the server, its answer unread',
  'answered, before it is forgotten',
  'forgotten',
] as const
export type Step = (typeof STEPS)[number]

/** What one run of the program is to do. */
export interface Orders {
  readonly kind: string
  /** Of the storage; the sign-in is kept beside it. */
  readonly path: string
  readonly url: string
  /** Message n goes to the conversation at n modulo their number. To the last one the user may not send. */
  readonly places: readonly string[]
  /** Number of the first message. */
  readonly first: number
  readonly count: number
  /** Sends before it is connected: over HTTP. */
  readonly isEarly: boolean
  /** Dies when a step is reached for the so-manyth time. */
  readonly death: { readonly step: Step; readonly nth: number } | undefined
}

/** What is shown of a message at the end of a run. */
export interface Shown {
  readonly number: number
  readonly state: string
  readonly text: string
  readonly code: string | undefined
}

/** At once: a pipe that is written to by the event loop would lose what was said before a death. */
function say(...words: readonly (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`)
}

export function numberOf(clientMessageId: string | null | undefined): number {
  return Number(clientMessageId?.split('-').at(-1))
}

type Reach = (step: Step) => void

function mortality(death: Orders['death']): Reach {
  let left = death?.nth ?? Infinity
  return (step) => {
    if (step !== death?.step) return
    left -= 1
    if (left <= 0) process.kill(process.pid, 'SIGKILL')
  }
}

interface OutboxValue {
  readonly clientMessageId?: string
  readonly body?: { readonly text?: string }
  readonly failure?: unknown
  readonly sent?: unknown
}

function outboxRows(changes: readonly StorageChange[]): readonly OutboxValue[] {
  return changes.flatMap((change) => {
    if (change.kind !== 'put' || !change.key.startsWith('outbox/')) return []
    const value = change.value as OutboxValue
    return value.failure === undefined && value.sent === undefined ? [value] : []
  })
}

function forgetsOne(changes: readonly StorageChange[]): boolean {
  return changes.some((change) => change.kind === 'delete' && change.key.startsWith('outbox/'))
}

function tell(what: string, rows: readonly OutboxValue[]): void {
  for (const { clientMessageId, body } of rows)
    say(what, numberOf(clientMessageId), body?.text ?? '')
}

/** Dies around the writes of the outbox's rows, and says which of them are kept. */
function mortalStorage(storage: ClientStorage, reach: Reach): ClientStorage {
  return {
    read: (range) => storage.read(range),
    clear: () => storage.clear(),
    close: () => storage.close?.(),
    async write(changes) {
      const rows = outboxRows(changes)
      const forgets = forgetsOne(changes)
      if (rows.length > 0) reach('before it is kept')
      if (forgets) reach('answered, before it is forgotten')
      tell('keeping', rows)
      const writing = storage.write(changes)
      if (rows.length > 0) {
        await immediately()
        reach('while it is being kept')
      }
      await writing
      tell('kept', rows)
      if (rows.length > 0) reach('kept, before its first byte')
      if (forgets) reach('forgotten')
    },
  }
}

const SEND = 'message.send'

/** The real class, which dies around the calls that send messages. */
function mortalSocket(reach: Reach) {
  return class extends WebSocket {
    readonly #calls = new Set<unknown>()

    override send(data: string): void {
      const call = parseJson(data) as { id?: unknown; params?: { path?: string } } | undefined
      const isSend = call?.params?.path === SEND
      if (isSend) this.#calls.add(call?.id)
      super.send(data, () => {
        // The kernel has it.
        if (isSend) reach('in flight')
      })
    }

    override emit(name: string | symbol, ...values: unknown[]): boolean {
      if (name === 'message') {
        const answer = parseJson(String(values[0])) as { id?: unknown } | undefined
        if (this.#calls.delete(answer?.id)) reach('stored by the server, its answer unread')
      }
      return super.emit(name, ...values)
    }
  }
}

function mortalFetch(reach: Reach): typeof fetch {
  return async (input, init) => {
    const isSend = String(input).includes(SEND)
    const fetching = fetch(input, init)
    if (isSend) {
      for (let turn = 0; turn < 3; turn += 1) await immediately()
      reach('in flight')
    }
    const response = await fetching
    if (isSend) reach('stored by the server, its answer unread')
    return response
  }
}

function tokensIn(file: string): TokenStore {
  return {
    load: () => JSON.parse(readFileSync(file, 'utf8')) as Credentials,
    save: (credentials) => writeFileSync(file, JSON.stringify(credentials)),
  }
}

function isSettled(client: TidingsClient, places: readonly string[]): boolean {
  return places.every((place) =>
    client.store
      .messages(place)
      .get()
      .items.every(({ state, pending }) => state !== 'queued' && state !== 'sending' && !pending),
  )
}

function settled(client: TidingsClient, places: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (isSettled(client, places)) resolve()
    }
    for (const place of places) client.store.messages(place).subscribe(look)
    look()
  })
}

/** Until then it is not known which conversations are his: a program that has died early has kept none of them. */
function listed({ store: { conversations } }: TidingsClient): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (conversations.get().complete) resolve()
    }
    conversations.subscribe(look)
    look()
  })
}

async function allOf(client: TidingsClient, place: string) {
  const list = client.store.messages(place)
  // Of a conversation that is not his there is nothing older to be had.
  const isOwn = client.store.conversation(place).get() !== undefined
  while (isOwn && list.get().hasOlder) await list.loadOlder()
  return list.get().items
}

function sendOne(client: TidingsClient, { places }: Orders, number: number): Promise<void> {
  const conversationId = places[number % places.length] ?? ''
  const clientMessageId = `message-${number}`
  say('said', number)
  const body = { kind: 'text', text: `${number}` } as const
  const sent = client.message.send({ conversationId, clientMessageId, body }).then(
    ({ seq }) => say('acknowledged', number, seq),
    ({ code }: { code: string }) => say('failed', number, code),
  )
  // Edits wait in line behind what they change. What is refused needs none.
  if (number % 5 !== 0 || number % places.length === places.length - 1) return sent
  const edited = { kind: 'text', text: `${number} changed` } as const
  return client.message.edit({ conversationId, clientMessageId, body: edited })
}

/** One run. */
export async function main(text: string): Promise<void> {
  const orders = JSON.parse(text) as Orders
  const { kind, path, url, places, first, count, isEarly } = orders
  const storage = KEEPERS[kind]?.(path)
  if (storage === undefined) throw new Error(`no storage of the kind ${kind}`)
  const reach = mortality(orders.death)
  const client = createClientIn<NoKinds>(
    {
      url,
      tokens: tokensIn(`${path}.tokens`),
      storage: mortalStorage(storage, reach),
      WebSocket: mortalSocket(reach),
      fetch: mortalFetch(reach),
    },
    { ...SYSTEM, random: () => Math.random() / 50 },
  )
  await client.store.load()
  if (!isEarly) await client.connect()
  const sending: Promise<void>[] = []
  for (let number = first; number < first + count; number += 1) {
    sending.push(sendOne(client, orders, number))
    // In bursts, so that rows are kept, sent and forgotten together and one by one.
    if (number % 4 === 3) await immediately()
    if (number % 7 === 6) await Promise.race(sending)
  }
  await client.connect()
  await Promise.all(sending)
  await listed(client)
  await settled(client, places)
  const items = await Promise.all(places.map((place) => allOf(client, place)))
  const shown = items.map((list) =>
    list.map(({ clientMessageId, state, body, error }): Shown => {
      const said = body.kind === 'text' ? body.text : body.kind
      return { number: numberOf(clientMessageId), state, text: said, code: error?.code }
    }),
  )
  say('shown', JSON.stringify(shown))
  await client.close()
}
