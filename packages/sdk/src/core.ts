import {
  TidingsError,
  type Credentials,
  type Event,
  type Kinds,
  type MessageBody,
  type Sent,
  type Signal,
} from '@tidings/protocol/wire'
import { loadWebSocket } from '#websocket'
import { markAll, sendAll } from './array-calls.ts'
import { createSender } from './calls.ts'
import type { ConnectionState } from './connection-state.ts'
import { Connection } from './connection.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import type { Environment } from './environment.ts'
import { toTidingsError } from './errors.ts'
import type { ClientEvents } from './events.ts'
import { createHttp, type Http } from './http.ts'
import { createBodyCheck, type BodyCheck, type ReceivedEvent } from './kinds.ts'
import { Live } from './live.ts'
import { addressesOf, timingsOf, type ClientOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { Receipts } from './receipts.ts'
import { createRpc, type Rpc } from './rpc.ts'
import { memoryStorage } from './storage.ts'
import { givenTokens, memoryTokens, StoredTokens, type Tokens } from './tokens.ts'

/** The parts of a client, wired to one another. */
export class Core<K extends Kinds> {
  readonly events: Emitter<ClientEvents<K>>
  readonly bodies: BodyCheck<K>
  readonly tokens: Tokens
  readonly rpc: Rpc
  readonly outbox: Outbox
  readonly receipts: Receipts
  readonly #http: Http
  readonly #live: Live
  readonly #connection: Connection
  #closed = false

  constructor(options: ClientOptions<K>, environment: Environment) {
    const addresses = addressesOf(options.url)
    const timings = timingsOf(options)
    const { WebSocket, fetch = (...request) => globalThis.fetch(...request) } = options
    this.events = createEmitter((thrown, name) => this.#thrown(thrown, name))
    this.bodies = createBodyCheck<K>(options.kinds ?? {})
    this.#http = createHttp({ url: addresses.http, fetch, environment, timeoutMs: timings.callMs })
    this.tokens = this.#createTokens(options)
    this.#connection = new Connection({
      url: addresses.webSocket,
      loadWebSocket: WebSocket === undefined ? loadWebSocket : () => Promise.resolve(WebSocket),
      tokens: this.tokens,
      environment,
      timings,
      prepare: () => this.#live.load(),
      onState: (state) => this.#moved(state),
      onLive: (items) => this.#live.items(items),
    })
    const overConnection = this.#connection.call.bind(this.#connection)
    this.rpc = createRpc(createSender({ http: this.#http, tokens: this.tokens, overConnection }))
    const send = sendAll(this.rpc)
    const onSent = (sent: Sent, body: MessageBody): void => this.#sent(sent, body)
    this.outbox = new Outbox({ send, environment, onSent })
    this.receipts = new Receipts({ mark: markAll(this.rpc), environment })
    this.#live = this.#createLive(options, environment)
  }

  get state(): ConnectionState {
    return this.#connection.state
  }

  connect(): Promise<void> {
    return this.#closed ? Promise.reject(new TidingsError('CLOSED')) : this.#connection.connect()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#fail(new TidingsError('CLOSED'))
    this.#http.close()
    const stopped = this.#live.stop()
    await this.#connection.disconnect('closed')
    await stopped
  }

  /** From now on this client acts as somebody, perhaps somebody else. */
  async signIn(credentials: Credentials): Promise<void> {
    await this.tokens.get()
    const before = this.tokens.credentials?.user.id
    if (before !== undefined && before !== credentials.user.id) await this.#forget()
    await this.tokens.adopt(credentials)
    this.#connection.reconnect()
  }

  disconnect(): Promise<void> {
    return this.#connection.disconnect('signedOut')
  }

  async signOut(): Promise<void> {
    await this.tokens.adopt(undefined)
    await this.#forget()
  }

  /** What one user has waiting must not be sent as another's, nor his positions be used. */
  async #forget(): Promise<void> {
    this.#fail(new TidingsError('UNAUTHENTICATED', 'The user has signed out.'))
    await this.#live.clear()
  }

  #fail(error: TidingsError): void {
    this.outbox.fail(error)
    this.receipts.fail(error)
  }

  #createTokens({ tokens = memoryTokens(), accessToken }: ClientOptions<Kinds>): Tokens {
    const own = new StoredTokens(tokens, (refreshToken) =>
      this.rpc('account.refresh', { refreshToken }),
    )
    return accessToken === undefined ? own : givenTokens(accessToken, own)
  }

  #createLive(options: ClientOptions<Kinds>, environment: Environment): Live {
    const { storage = memoryStorage(), catchUp = 'from-head' } = options
    return new Live({
      rpc: this.rpc,
      storage,
      environment,
      mode: catchUp,
      userId: () => this.tokens.credentials?.user.id,
      handlers: {
        event: (event) => this.#told(event),
        signal: (signal) => this.#signalled(signal),
        reset: (stream, reason) => this.events.emit('reset', { stream, reason }),
        caughtUp: () => this.#caughtUp(),
        resubscribe: () => this.#connection.reconnect(),
        error: (thrown) => this.#report(toTidingsError(thrown)),
      },
    })
  }

  #moved(state: ConnectionState): void {
    if (state.state !== 'connected') this.#live.disconnected()
    this.events.emit('connection', state)
    // With a connection they will get through; after a refusal they will learn so at once.
    if (state.state === 'connecting') return
    this.outbox.wake()
    this.receipts.wake()
  }

  #told(event: Event): void {
    const received = this.#received(event)
    this.events.emit(received.type, received)
    this.events.emit('event', received)
  }

  #received(event: Event): ReceivedEvent<K> {
    switch (event.type) {
      case 'message.created':
      case 'message.edited':
      case 'message.deleted':
        return { ...event, body: { message: this.bodies.received(event.body.message) } }
      case 'group.updated':
      case 'member.joined':
      case 'member.left':
      case 'receipt.updated':
      case 'conversation.added':
      case 'mark.updated':
        return event
    }
  }

  #caughtUp(): void {
    this.#connection.caughtUp()
    this.events.emit('caughtUp', {})
  }

  #signalled(signal: Signal): void {
    this.events.emit(signal.type, signal)
  }

  /** The acknowledgement of a message is its event; the push of the same, when it comes, is dropped. */
  #sent(sent: Sent, body: MessageBody): void {
    const senderId = this.tokens.credentials?.user.id
    // Who acts by a token from elsewhere is told by the push.
    if (senderId === undefined) return
    const { messageId, conversationId, clientMessageId, stream, seq, tag, timestamp } = sent
    const place = { stream, seq, tag, timestamp }
    const message = { id: messageId, conversationId, seq, senderId, clientMessageId, body }
    this.#live.accepted({
      ...place,
      type: 'message.created',
      body: { message: { ...message, createdAt: timestamp, editedAt: null } },
    })
  }

  #thrown(thrown: unknown, name: keyof ClientEvents<K>): void {
    const message = `A listener of ${name} has thrown.`
    this.#report(new TidingsError('INTERNAL', message, { cause: thrown }), name === 'error')
  }

  #report(error: TidingsError, unheard = !this.events.has('error')): void {
    // Nobody listens: a fault must not vanish.
    // oxlint-disable-next-line no-console
    if (unheard) console.error(error)
    else this.events.emit('error', error)
  }
}
