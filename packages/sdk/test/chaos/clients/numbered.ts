import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { frameSchema, type Frame } from '@tidings/protocol/numbered'
import { WebSocket } from 'ws'
import { createCoreClient, type CoreClient } from '../../../src/core-entry.ts'
import { chanceOf, type Chance } from '../../e2e/support/random.ts'
import { ACCEPTED, HeardSoFar } from './heard-so-far.ts'
import { openNotes, readNotes, type Untimed } from './notes.ts'
import type { NumberedOrders } from './orders.ts'
import { timestampOf } from './wrong-times.ts'

/** Somebody who has registered as seed 002 does. */
interface Identity {
  readonly id: string
  readonly token: string
}

/** What was said and not acknowledged yet. */
interface Saying {
  readonly conversationId: string
  readonly key: string
}

const PASSWORD = 'correct horse'
/** Between two tries, and between two looks whether the server is there, milliseconds. */
const AGAIN_MS = 200
const PING_MS = 1_000
const RETRYABLE = ['UNAVAILABLE', 'UNKNOWN_RETRY', 'STORAGE_FULL', 'RATE_LIMITED']

/**
 * A client of the numbered protocol that keeps nothing but what it has said and what has not been acknowledged. It comes back whenever
 * its socket ends, with any time for method 20.
 */
export class NumberedDevice {
  readonly note: (note: Untimed) => void
  readonly chance: Chance
  readonly #orders: NumberedOrders
  readonly #onChange: () => void
  readonly #saying: Saying[] = []
  /** The newest message of each conversation that was heard. */
  readonly #newest = new Map<string, string>()
  readonly #heard = new HeardSoFar()
  #identity: Identity = { id: '', token: '' }
  #asking: CoreClient | undefined
  #socket: WebSocket | undefined
  #connections = 0
  #isLive = false
  #isClosed = false

  constructor(orders: NumberedOrders, onChange: () => void) {
    this.#orders = orders
    this.#onChange = onChange
    this.note = openNotes(join(orders.folder, `${orders.name}.notes`))
    this.chance = chanceOf(orders.seed)
  }

  get name(): string {
    return this.#orders.name
  }

  get userId(): string {
    return this.#identity.id
  }

  isConnected(): boolean {
    return this.#isLive
  }

  /** Registers, or goes on as an earlier process did; resolves when it is live. */
  async open(): Promise<void> {
    const { name, folder, url } = this.#orders
    const file = join(folder, `${name}.identity`)
    if (existsSync(file)) this.#identity = JSON.parse(readFileSync(file, 'utf8')) as Identity
    else {
      const account = { username: name, email: `${name}@example.org`, password: PASSWORD }
      const { id } = await this.#post('/users', account)
      const { token } = await this.#post('/login', { username: name, password: PASSWORD })
      this.#identity = { id: String(id), token: String(token) }
      writeFileSync(file, JSON.stringify(this.#identity))
    }
    this.#asking = createCoreClient({ url, accessToken: () => this.#identity.token })
    for (const note of readNotes(join(folder, `${name}.notes`)))
      if (note.kind === 'heard') this.#heard.hear(note)
    this.note({ kind: 'boot', positions: [], outbox: [] })
    const live = new Promise<void>((resolve) => void this.#comeBackAgainAndAgain(resolve))
    await live
  }

  /** Goes again under the same key until there is an answer. */
  say(conversationId: string, key: string): void {
    const saying = { conversationId, key }
    this.#saying.push(saying)
    this.note({ kind: 'said', stream: `m:${conversationId}`, key })
    this.#send(saying)
  }

  /** Marks the newest message as delivered or read. */
  mark(conversationId: string, method: 41 | 42): void {
    const messageId = this.#newest.get(conversationId)
    if (messageId === undefined) return
    this.#call({ method, body: { message_id: messageId, group_id: conversationId } })
  }

  waiting(): number {
    return this.#saying.length
  }

  /** What there is to know of what was never acknowledged. */
  async stuck(): Promise<readonly string[]> {
    const where = `${this.#isLive ? 'live' : 'not live'} on connection ${this.#connections}`
    return this.#saying.map(({ key }) => `${this.name}: ${key} has no acknowledgement; ${where}`)
  }

  /** Of these conversations, in which it is for good, those that it has not heard to the end. */
  async missing(places: readonly string[]): Promise<{ missing: readonly string[]; heads: number }> {
    if (this.#asking === undefined) throw new Error(`${this.name} is not open`)
    const { heads } = await this.#asking.sync.heads({ limit: 1000 })
    const missing = heads.flatMap(({ stream, head }) => {
      if (!places.some((place) => stream === `m:${place}`)) return []
      const lacking = this.#heard.lacking(stream, head)
      return lacking === undefined ? [] : [`${this.name} lacks ${lacking} of ${stream}:${head}`]
    })
    return { missing, heads: heads.reduce((sum, { head }) => sum + head, 0) }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#socket?.terminate()
    await this.#asking?.close()
  }

  async #comeBackAgainAndAgain(onFirst: () => void): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#comeBack(onFirst)
      } catch {
        // The wire, or the server, is away just now.
      }
      this.#setLive(false)
      await pause(AGAIN_MS)
    }
  }

  /** One connection from its beginning to its end. */
  async #comeBack(onLive: () => void): Promise<void> {
    const { name, url } = this.#orders
    const session = { device_id: name, platform: 'web', model: 'chaos', build: 1, name }
    const { messaging_url: address } = await this.#post('/sessions', session)
    const { pathname } = new URL(String(address))
    const socket = new WebSocket(`${url.replace('http', 'ws')}${pathname}`, {
      handshakeTimeout: 2 * PING_MS,
    })
    this.#socket = socket
    this.#connections += 1
    const connection = `${process.pid}-${this.#connections}`
    const ended = new Promise<void>((resolve) => void socket.on('close', () => resolve()))
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) =>
      this.#hear(frameSchema.parse(JSON.parse(data.toString())), connection),
    )
    socket.on('open', () => {
      socket.send(
        JSON.stringify({ method: 20, timestamp: timestampOf(this.chance), caught_up: true }),
      )
      for (const saying of this.#saying) this.#send(saying)
      this.#setLive(true)
      onLive()
    })
    const stopWatching = watchPongs(socket)
    await ended
    stopWatching()
  }

  #setLive(isLive: boolean): void {
    this.#isLive = isLive
    this.#onChange()
  }

  #hear(frame: Frame, connection: string): void {
    const { id, type, body } = frame
    if (type === 90) return this.#refused(frame.body.client_id, frame.body.code)
    if (type === ACCEPTED) this.#acknowledged(frame.body.client_id)
    if (id === undefined) return
    const [kind = '', conversationId = '', seq = '0'] = id.split(':')
    const stream = `${kind}:${conversationId}`
    if (type === 20) this.#newest.set(conversationId, frame.body.message_id)
    const text = 'data' in body && typeof body.data === 'string' ? body.data : null
    const heard = { type, stream, seq: Number(seq) }
    this.#heard.hear(heard)
    this.note({ kind: 'heard', ...heard, connection, text })
  }

  #acknowledged(key: string | undefined): void {
    const saying = this.#settle(key)
    if (saying !== undefined)
      this.note({ kind: 'acked', stream: `m:${saying.conversationId}`, key: saying.key })
  }

  #refused(key: string | undefined, code: string): void {
    if (RETRYABLE.includes(code)) {
      const again = this.#saying.find((one) => one.key === key)
      if (again !== undefined) setTimeout(() => this.#send(again), AGAIN_MS)
      return
    }
    const saying = this.#settle(key)
    if (saying !== undefined)
      this.note({ kind: 'fail', stream: `m:${saying.conversationId}`, key: saying.key, code })
    this.note({ kind: 'broken', what: `numbered ${key ?? 'call'}: ${code}` })
  }

  #settle(key: string | undefined): Saying | undefined {
    const at = this.#saying.findIndex((one) => one.key === key)
    return at === -1 ? undefined : this.#saying.splice(at, 1)[0]
  }

  #send(saying: Saying): void {
    if (!this.#saying.includes(saying)) return
    const { conversationId, key } = saying
    this.#call({ method: 40, body: { group_id: conversationId, client_id: key, data: key } })
  }

  /** What cannot leave now is lost, but for what is said. */
  #call(call: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(call))
  }

  async #post(path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    const { token } = this.#identity
    const response = await fetch(`${this.#orders.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === '' ? {} : { authorization: `bearer ${token}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    })
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
    return (await response.json()) as Readonly<Record<string, unknown>>
  }
}

/** Ends a socket whose other side has fallen silent. */
function watchPongs(socket: WebSocket): () => void {
  let isAnswered = true
  for (const sign of ['pong', 'ping', 'message']) socket.on(sign, () => (isAnswered = true))
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return
    if (!isAnswered) socket.terminate()
    isAnswered = false
    socket.ping()
  }, PING_MS)
  return () => clearInterval(timer)
}
