import { createClientIn } from '../../../src/client.ts'
import { SYSTEM } from '../../../src/environment.ts'
import {
  memoryStorage,
  type ClientOptions,
  type ClientStorage,
  type ConnectionState,
  type ErrorCode,
  type Event,
  type NoKinds,
  type Position,
  type Sent,
  type StreamRestarted,
  type TidingsClient,
  type TidingsError,
} from '../../../src/index.ts'
import type { Changes } from './changes.ts'
import type { Chance } from './random.ts'

/** One message that a device was asked to send. */
export interface Attempt {
  readonly conversationId: string
  readonly clientMessageId: string
  /** Its place in what this device sent to the conversation, from 1. */
  readonly number: number
  sent: Sent | undefined
  /** The definite refusal. */
  refused: unknown
}

/** What happened at a device, in order. */
export type Note =
  | { readonly kind: 'invoke' | 'ok' | 'fail'; readonly t: number; readonly attempt: Attempt }
  | { readonly kind: 'apply'; readonly t: number; readonly event: Event }
  | { readonly kind: 'reset'; readonly t: number; readonly reset: StreamRestarted }
  | { readonly kind: 'live' | 'down'; readonly t: number }

/** One client, and everything that was told to it. */
export interface Device extends AsyncDisposable {
  readonly name: string
  readonly userId: string
  readonly client: TidingsClient
  readonly notes: readonly Note[]
  readonly attempts: readonly Attempt[]
  /** By stream: what an app that keeps what it is told shows now. A reset empties its stream. */
  readonly view: ReadonlyMap<string, readonly Event[]>
  readonly resets: readonly StreamRestarted[]
  readonly states: readonly ConnectionState[]
  /** As the storage has it. */
  readonly positions: () => ReadonlyMap<string, Position>
  /** Puts a message into the outbox. Resolves when it is acknowledged or refused. */
  send(conversationId: string): Promise<Attempt>
  state(): ConnectionState['state']
}

export interface DeviceOptions {
  readonly name: string
  readonly url: string
  readonly changes: Changes
  readonly chance: Chance
  /** Signs in as a user who is there already, from another device. */
  readonly login?: string | undefined
  readonly client?: Partial<ClientOptions<NoKinds>> | undefined
  /** Codes of faults in the background that may be told. @default none */
  readonly bears?: readonly ErrorCode[] | undefined
}

const PASSWORD = 'correct horse'

/** A new user's client, or one more of a known user. It is not connected yet. */
export async function openDevice(options: DeviceOptions): Promise<Device> {
  const { name, url, changes, chance, login, bears = [] } = options
  const storage = memoryStorage()
  const write = storage.write.bind(storage)
  storage.write = (rows) => {
    void write(rows)
    changes.note()
  }
  // The waits between tries grow as usual but are taken from the short end, so that a run of many faults is soon over.
  const environment = { ...SYSTEM, random: () => chance.next() / 200 }
  const client = createClientIn(
    { url, storage, catchUp: 'from-start', delivered: 'manual', ...options.client },
    environment,
  )
  const notes: Note[] = []
  const attempts: Attempt[] = []
  const view = new Map<string, Event[]>()
  const resets: StreamRestarted[] = []
  const states: ConnectionState[] = []
  const faults: TidingsError[] = []
  const numbers = new Map<string, number>()
  client.on('event', (told) => {
    const event = told as Event
    notes.push({ kind: 'apply', t: Date.now(), event })
    const events = view.get(event.stream) ?? []
    view.set(event.stream, events)
    events.push(event)
    changes.note()
  })
  client.on('reset', (reset) => {
    notes.push({ kind: 'reset', t: Date.now(), reset })
    view.set(reset.stream, [])
    resets.push(reset)
    changes.note()
  })
  client.on('connection', (state) => {
    states.push(state)
    notes.push({ kind: state.state === 'connected' ? 'live' : 'down', t: Date.now() })
    changes.note()
  })
  client.on('caughtUp', () => changes.note())
  client.on('error', (fault) => faults.push(fault))
  if (login === undefined)
    await client.account.register({ username: name, password: PASSWORD, signIn: true })
  else await client.account.login({ login, password: PASSWORD })
  const userId = client.userId
  if (userId === undefined) throw new Error('signed in as nobody')
  return {
    name,
    userId,
    client,
    notes,
    attempts,
    view,
    resets,
    states,
    positions: () => positionsIn(storage),
    state: () => client.connection.state.state,
    async send(conversationId) {
      const number = (numbers.get(conversationId) ?? 0) + 1
      numbers.set(conversationId, number)
      const clientMessageId = `${name}-${conversationId.slice(0, 8)}-${number}`
      const attempt: Attempt = {
        conversationId,
        clientMessageId,
        number,
        sent: undefined,
        refused: undefined,
      }
      attempts.push(attempt)
      notes.push({ kind: 'invoke', t: Date.now(), attempt })
      const body = { kind: 'text', text: `${name} ${number}` } as const
      try {
        attempt.sent = await client.message.send({ conversationId, clientMessageId, body })
        notes.push({ kind: 'ok', t: Date.now(), attempt })
      } catch (refusal) {
        attempt.refused = refusal
        notes.push({ kind: 'fail', t: Date.now(), attempt })
      }
      changes.note()
      return attempt
    },
    async [Symbol.asyncDispose]() {
      await client.close()
      const unborne = faults.filter(({ code }) => !bears.includes(code))
      if (unborne.length > 0) throw new AggregateError(unborne, `${name} met faults`)
    },
  }
}

function positionsIn(storage: ClientStorage): ReadonlyMap<string, Position> {
  const rows = storage.read({ from: 'position/', to: 'position0' })
  if (rows instanceof Promise) throw new TypeError('a storage in memory answers at once')
  return new Map(rows.map(({ key, value }) => [key.slice('position/'.length), value as Position]))
}
