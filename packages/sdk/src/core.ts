import { TidingsError, type Credentials, type Kinds, type Signal } from '@tidings/protocol/wire'
import { loadWebSocket } from '#websocket'
import { changeOne, markAll, sendAll } from './array-calls.ts'
import { createSender } from './calls.ts'
import type { ConnectionState } from './connection-state.ts'
import { Connection } from './connection.ts'
import type { Emitter } from './emitter.ts'
import type { Environment } from './environment.ts'
import { toTidingsError } from './errors.ts'
import type { ClientEvents } from './events.ts'
import { createHttp, type Http } from './http.ts'
import { createBodyCheck, type BodyCheck } from './kinds.ts'
import { Live } from './live.ts'
import type { Seam } from './news.ts'
import type { CoreOptions } from './core-options.ts'
import { addressesOf, timingsOf, type ClientOptions } from './options.ts'
import { createOutboxRows } from './outbox-rows.ts'
import { Outbox, type Acknowledged, type OutboxRows } from './outbox.ts'
import { hasCome, toOwnEvent } from './own-event.ts'
import { Receipts, type MarkKind } from './receipts.ts'
import { createRpc, type Rpc } from './rpc.ts'
import { Speaker, type Said, type Say } from './sending.ts'
import { memoryStorage, type ClientStorage } from './storage.ts'
import type { KeptRows, KeptRowsOptions } from './store/kept-rows.ts'
import type { LocalStore } from './store/local-store.ts'
import type { StoreUser } from './store/store.ts'
import { Teller } from './teller.ts'
import { openTokens, type Tokens } from './tokens.ts'

/** The parts of a client, wired to one another. */
export class Core<K extends Kinds, L extends KeptRows = LocalStore> {
  readonly events: Emitter<ClientEvents<K>>
  readonly teller: Teller<K>
  readonly bodies: BodyCheck<K>
  readonly tokens: Tokens
  readonly rpc: Rpc
  readonly speaker: Speaker<K>
  readonly receipts: Receipts
  readonly local: L
  readonly #options: ClientOptions<K>
  readonly #storage: ClientStorage
  readonly #rows: OutboxRows
  readonly #outbox: Outbox
  readonly #http: Http
  readonly #live: Live
  readonly #connection: Connection
  readonly #seam: Seam | undefined
  /** Present while somebody else has the connection: how his stands. */
  elsewhere: ConnectionState | undefined
  /** Present when somebody else may have the outbox: how a message gets there. */
  sayElsewhere: ((said: Said<K>) => Say) | undefined
  #identified: StoreUser | undefined
  #closed = false

  constructor({ options, environment, createLocal, seam }: CoreOptions<K, L>) {
    const addresses = addressesOf(options.url)
    const timings = timingsOf(options)
    const { WebSocket, fetch = (...request) => globalThis.fetch(...request) } = options
    this.#options = options
    this.#seam = seam
    this.#storage = options.storage ?? memoryStorage()
    this.bodies = createBodyCheck<K>(options.kinds ?? {})
    this.teller = new Teller(this.bodies, (news) => seam?.tell(news))
    this.events = this.teller.events
    this.#http = createHttp({ url: addresses.http, fetch, environment, timeoutMs: timings.callMs })
    this.tokens = openTokens(options, (refreshToken) =>
      this.rpc('account.refresh', { refreshToken }),
    )
    this.#connection = new Connection({
      url: addresses.webSocket,
      loadWebSocket: WebSocket === undefined ? loadWebSocket : () => Promise.resolve(WebSocket),
      ...{ tokens: this.tokens, environment, timings },
      prepare: () => this.#live.load(),
      isKnown: () => this.user !== undefined,
      onState: (state) => this.#moved(state),
      onLive: (items) => this.#live.items(items),
    })
    const overConnection = this.#connection.call.bind(this.#connection)
    const own = createSender({ http: this.#http, tokens: this.tokens, overConnection })
    this.rpc = createRpc(seam === undefined ? own : (call) => seam.call(call, own))
    this.receipts = new Receipts({ mark: markAll(this.rpc), environment })
    this.#rows = createOutboxRows(() => this.local, seam)
    this.#outbox = this.#createOutbox(environment)
    this.local = createLocal(this.#localOptions(environment))
    this.#live = this.#createLive(environment)
    const { local, bodies } = this
    this.speaker = new Speaker({ local, outbox: this.#outbox, bodies, environment })
  }

  get state(): ConnectionState {
    return this.elsewhere ?? this.#connection.state
  }

  connect(): Promise<void> {
    return this.#closed ? Promise.reject(new TidingsError('CLOSED')) : this.#connection.connect()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#fail(new TidingsError('CLOSED'))
    this.#http.close()
    this.#live.stop()
    await this.#connection.disconnect('closed')
    // A listener that closes the client stands in the middle of what is then kept.
    await Promise.resolve()
    await this.local.finish()
    await this.#storage.close?.()
  }

  /** Lets go of the connection and of all that is under way: somebody else has them from now on. What is known stays. */
  async leave(state: ConnectionState): Promise<void> {
    this.elsewhere = state
    this.#fail(new TidingsError('NETWORK'))
    this.#live.clear()
    await this.#connection.disconnect('idle')
  }

  /** From now on this client acts as somebody, perhaps somebody else. */
  async signIn(credentials: Credentials): Promise<void> {
    await this.tokens.get()
    const before = this.tokens.credentials?.user.id ?? this.local.tables.userId
    if (before !== undefined && before !== credentials.user.id) await this.#forget()
    await this.tokens.adopt(credentials)
    this.local.subjects.touch('user')
    this.local.subjects.flush()
    this.#connection.reconnect()
    this.speaker.resume()
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
    this.#identified = undefined
    this.#fail(new TidingsError('UNAUTHENTICATED', 'The user has signed out.'))
    this.#live.clear()
    this.#seam?.tell({ kind: 'cleared' })
    await this.local.clear()
  }

  #fail(error: TidingsError): void {
    for (const part of [this.#outbox, this.receipts]) part.fail(error)
  }

  #createOutbox(environment: Environment): Outbox {
    return new Outbox({
      send: sendAll(this.rpc),
      change: changeOne(this.rpc),
      environment,
      rows: this.#rows,
      onSent: (acknowledged) => this.#sent(acknowledged),
      onRefused: (row, { code, message }) => {
        const failed = { ...row, failure: { code, message } }
        this.#rows.put(row.order, row.op === 'send' ? failed : undefined)
      },
      onLost: (thrown) => this.report(toTidingsError(thrown)),
    })
  }

  #localOptions(environment: Environment): KeptRowsOptions {
    const { messagesKept = 1000, delivered = 'automatic' } = this.#options
    return {
      rpc: this.rpc,
      storage: this.#storage,
      isLasting: this.#options.storage !== undefined,
      ...{ environment, messagesKept },
      identify: () => this.#identify(),
      mark: (kind: MarkKind, conversationId: string, seq: number) => {
        if (kind !== 'delivered' || delivered === 'automatic')
          this.receipts.note(kind, { conversationId, seq })
      },
      onLoaded: (rows) => {
        this.#outbox.restore(
          rows.filter(({ failure, sent }) => failure === undefined && sent === undefined),
        )
        this.speaker.resume()
      },
      onRows: (changes, isStep) => this.#seam?.tell({ kind: 'rows', changes, isStep }),
      onError: (thrown) => {
        const error = toTidingsError(thrown)
        // What may pass is asked for again with the next connection.
        if (error.code !== 'NETWORK' && error.code !== 'CLOSED') this.report(error)
      },
    }
  }

  /** Who is signed in, as far as it is known. */
  get user(): StoreUser | undefined {
    return this.tokens.credentials?.user ?? this.#identified
  }

  /** Who is signed in; who brings his own tokens is asked about by one of them. */
  async #identify(): Promise<string | undefined> {
    const token = await this.tokens.get()
    if (this.user === undefined && token !== undefined)
      this.#identified = await this.rpc('account.get', undefined)
    return this.user?.id
  }

  #createLive(environment: Environment): Live {
    const { local } = this
    return new Live({
      rpc: this.rpc,
      environment,
      mode: this.#options.catchUp ?? 'from-head',
      load: async () => {
        await local.load()
        return local.saved
      },
      handlers: {
        event: (event) => {
          local.told(event)
          this.teller.event(event)
        },
        signal: (signal) => this.signalled(signal),
        reset: (stream, reason, position) => {
          local.restarted(stream, position, reason)
          this.teller.reset({ stream, reason })
        },
        commit: (result) => local.commitStep(result),
        caughtUp: () => {
          local.up()
          this.#connection.caughtUp()
          this.teller.caughtUp()
        },
        resubscribe: () => this.#connection.reconnect(),
        error: (thrown) => this.report(toTidingsError(thrown)),
      },
    })
  }

  #moved(state: ConnectionState): void {
    if (state.state !== 'connected') {
      this.#live.disconnected()
      this.local.down()
    }
    if (this.elsewhere !== undefined) return
    this.local.subjects.touch('connection')
    this.local.subjects.flush()
    this.teller.state(state)
    // With a connection they will get through; after a refusal they will learn so at once.
    if (state.state === 'connecting') return
    this.#outbox.wake()
    this.receipts.wake()
  }

  /** A fault in the background. */
  report(error: TidingsError): void {
    this.teller.error(error)
  }

  signalled(signal: Signal): void {
    this.local.signalled(signal)
    this.teller.signal(signal)
  }

  /** The acknowledgement of a message is its event; the push of the same, when it comes, is dropped. */
  #sent(acknowledged: readonly Acknowledged[]): void {
    const { tables } = this.local
    const senderId = this.tokens.credentials?.user.id ?? tables.userId
    // The push may have been faster than the answer.
    const news = acknowledged.filter(
      ({ sent }) => !hasCome(sent, tables.positions.get(sent.stream)),
    )
    if (senderId !== undefined && news.length > 0)
      this.#live.accepted(news.map(({ row, sent }) => toOwnEvent(row, sent, senderId)))
    for (const { row, sent } of acknowledged) {
      if (tables.outbox.get(row.order) === undefined) continue
      // Its event will come, unless nothing comes to this client.
      const seq = tables.positions.get(sent.stream)?.seq ?? 0
      const isComing = this.#live.isLoaded && sent.seq > seq
      this.#rows.put(row.order, isComing ? { ...row, sent } : undefined)
    }
  }
}
