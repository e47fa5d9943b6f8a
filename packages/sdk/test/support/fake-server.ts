import { ERRORS, TidingsError, type LiveItem } from '@tidings/protocol/wire'
import type { CloseLike, WebSocketLike } from '../../src/websocket.ts'

/** A call that reached the server. */
export interface SeenCall {
  readonly path: string
  readonly input: unknown
  readonly over: 'http' | 'websocket'
  readonly token: string | undefined
}

type Handler = (input: never, call: SeenCall) => unknown

/** How the server treats a new WebSocket. */
export type Welcome =
  | { readonly kind: 'ready' }
  /** Says nothing at all. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'close'; readonly code: number }
  | { readonly kind: 'error'; readonly error: TidingsError; readonly code: number }

/**
 * The other side of the wire, scripted. It speaks tRPC's frames and batches, so that everything of the client runs but
 * the network.
 */
export class FakeServer {
  readonly calls: SeenCall[] = []
  readonly sockets: FakeSocket[] = []
  readonly #handlers = new Map<string, Handler>()
  /** Asked for each new connection, with the token that it came with. */
  welcome: (token: string | undefined) => Welcome = () => ({ kind: 'ready' })
  epoch = 1
  /** Requests over HTTP, each with its number of calls. */
  readonly requests: number[] = []
  isUnreachable = false

  constructor() {
    this.on('sync.heads', () => ({ epoch: this.epoch, watermark: 1, heads: [], next: null }))
    this.on('conversation.list', () => ({ items: [], next: null }))
    this.on('message.delivered', () => ({ ok: true }))
    this.on('account.get', () => ({ id: 'id-of-ann' }))
  }

  /** Says what a procedure answers; a thrown TidingsError is refused. A promise that never settles is no answer. */
  on(path: string, handler: Handler): void {
    this.#handlers.set(path, handler)
  }

  callsOf(path: string): SeenCall[] {
    return this.calls.filter((call) => call.path === path)
  }

  /** The connection that is open now. */
  get socket(): FakeSocket {
    const socket = this.sockets.findLast(({ isOpen }) => isOpen)
    if (socket === undefined) throw new Error('no connection is open')
    return socket
  }

  push(...items: LiveItem[]): void {
    this.socket.live(items)
  }

  async answer(
    call: SeenCall,
  ): Promise<{ readonly result: unknown } | { readonly error: unknown }> {
    this.calls.push(call)
    const handler = this.#handlers.get(call.path)
    try {
      if (handler === undefined) throw new TidingsError('NOT_FOUND', `nothing answers ${call.path}`)
      const data = await handler(call.input as never, call)
      return { result: { type: 'data', data: { json: data } } }
    } catch (thrown) {
      return { error: envelopeOf(thrown as TidingsError) }
    }
  }

  readonly fetch: typeof fetch = async (request, init) => {
    if (this.isUnreachable) throw new TypeError('fetch failed')
    const paths = new URL(String(request)).pathname.replace('/trpc/', '').split(',')
    const inputs = JSON.parse(String(init?.body)) as { json?: unknown }[]
    const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '')
    this.requests.push(paths.length)
    const answers = Promise.all(
      paths.map((path, index) =>
        this.answer({ path, input: inputs[index]?.json, over: 'http', token }),
      ),
    )
    const aborted = new Promise<never>((_, reject) => {
      init?.signal?.addEventListener('abort', () =>
        reject(new DOMException('aborted', 'AbortError')),
      )
    })
    return Response.json(await Promise.race([answers, aborted]))
  }

  /** The class to give to a client. */
  get WebSocket(): new (url: string) => WebSocketLike {
    return socketClassOf(this)
  }
}

function envelopeOf(error: TidingsError): unknown {
  const { code, message, retryable, details } = error
  const data = { code, httpStatus: ERRORS[code].http, retryable, ...details }
  return { json: { message, code: -32000, data } }
}

function socketClassOf(server: FakeServer): new (url: string) => WebSocketLike {
  return class extends FakeSocket {
    constructor(url: string) {
      super(server, url)
      server.sockets.push(this)
    }
  }
}

interface CallParams {
  readonly path: string
  readonly input: { readonly json?: unknown }
}

type ClientFrame =
  | { readonly method: 'connectionParams'; readonly data: { readonly token: string } }
  | {
      readonly method: 'subscription' | 'query' | 'mutation'
      readonly id: number
      readonly params: CallParams
    }

/** One WebSocket, both ends of it. */
export class FakeSocket implements WebSocketLike {
  readonly #server: FakeServer
  readonly #listeners: { type: string; listener: (event: never) => void }[] = []
  readonly url: string
  readonly sent: string[] = []
  readyState = 0
  /** Nothing passes any more, and nobody is told. */
  isDead = false
  token: string | undefined
  closedBy: 'client' | 'server' | undefined
  #liveId: number | undefined

  constructor(server: FakeServer, url: string) {
    this.#server = server
    this.url = url
    setImmediate(() => this.#open())
  }

  get isOpen(): boolean {
    return this.readyState === 1
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.push({ type, listener })
  }

  send(text: string): void {
    this.sent.push(text)
    if (this.isDead) return
    if (text === 'PING') this.receive('PONG')
    if (!text.startsWith('{')) return
    const frame = JSON.parse(text) as ClientFrame
    if (frame.method === 'connectionParams') this.token = frame.data.token
    else if (frame.method === 'subscription') this.#welcome(frame.id)
    else void this.#call(frame.id, frame.params)
  }

  close(): void {
    this.#finish('client', { code: 1000, reason: '' })
  }

  terminate(): void {
    this.#finish('client', { code: 1006, reason: '' })
  }

  /** The server closes. */
  drop(code: number): void {
    this.#finish('server', { code, reason: '' })
  }

  receive(frame: unknown): void {
    const data = typeof frame === 'string' ? frame : JSON.stringify(frame)
    setImmediate(() => {
      if (this.isOpen && !this.isDead) this.#tell('message', { data })
    })
  }

  live(items: readonly LiveItem[]): void {
    this.receive({ id: this.#liveId, result: { type: 'data', data: { json: items } } })
  }

  endLive(): void {
    this.receive({ id: this.#liveId, result: { type: 'stopped' } })
  }

  #open(): void {
    if (this.readyState !== 0) return
    if (this.#server.isUnreachable) {
      this.#finish('server', { code: 1006, reason: '' })
      return
    }
    this.readyState = 1
    this.#tell('open', {})
  }

  #welcome(id: number): void {
    this.#liveId = id
    const welcome = this.#server.welcome(this.token)
    if (welcome.kind === 'ready') {
      this.receive({ id, result: { type: 'started' } })
      this.live([{ kind: 'ready', epoch: this.#server.epoch, watermark: 1 }])
    } else if (welcome.kind === 'close') setImmediate(() => this.drop(welcome.code))
    else if (welcome.kind === 'error') {
      this.receive({ id: null, error: envelopeOf(welcome.error) })
      setImmediate(() => setImmediate(() => this.drop(welcome.code)))
    }
  }

  async #call(id: number, { path, input }: CallParams): Promise<void> {
    const seen = { path, input: input.json, over: 'websocket', token: this.token } as const
    this.receive({ id, ...(await this.#server.answer(seen)) })
  }

  #finish(by: 'client' | 'server', event: CloseLike): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.closedBy = by
    setImmediate(() => this.#tell('close', event))
  }

  #tell(type: string, event: unknown): void {
    for (const { listener } of this.#listeners.filter((one) => one.type === type))
      listener(event as never)
  }
}
