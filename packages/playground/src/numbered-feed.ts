import {
  EVENTS,
  isTidingsError,
  type Readable,
  type TidingsClient,
  type WebSocketLike,
} from '@tidings/sdk'
import type { Network } from './network.ts'
import { Value } from './value.ts'

/** A frame of the numbered protocol, as it came. */
export interface NumberedFrame {
  readonly type: number
  /** What the number means; empty when this page does not know it. */
  readonly name: string
  readonly timestamp: number
  readonly id: string | undefined
  readonly body: unknown
}

/** What the feed shows: a frame, or what became of the WebSocket. */
export type FeedEntry =
  | { readonly key: number; readonly frame: NumberedFrame }
  | { readonly key: number; readonly note: string; readonly at: number }

/** What opens a feed. */
export interface FeedOptions {
  /** A client with a device of its own; it makes the tickets and never connects. */
  readonly client: TidingsClient
  readonly network: Network
  readonly deviceId: string
  /** How the client signs in first, unless it has before. */
  readonly signIn?: (() => Promise<unknown>) | undefined
}

/** More than these are forgotten, the oldest first. */
export const FEED_LIMIT = 300

const RETRY_MS = 1_000
const RETRY_LIMIT_MS = 15_000

const NAMES = new Map<number, string>(
  Object.entries(EVENTS).map(([name, number]) => [number, name]),
)

/**
 * Everything that one person gets over a numbered WebSocket: a ticket, the socket, method 20, and from then on whatever
 * the server pushes. A lost socket is opened again with a new ticket; what was missed comes after the next method 20.
 */
export class NumberedFeed {
  readonly entries: Readable<readonly FeedEntry[]>
  readonly #entries = new Value<readonly FeedEntry[]>([])
  readonly #options: FeedOptions
  readonly #stopListening: () => void
  #socket: WebSocketLike | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #made = 0
  #isOpening = false
  #isSignedIn = false
  #ended = false

  constructor(options: FeedOptions) {
    this.entries = this.#entries
    this.#options = options
    const { up } = options.network
    this.#stopListening = up.subscribe(() => {
      if (up.get()) this.#openSoon(0)
    })
    this.#openSoon(0)
  }

  clear(): void {
    this.#entries.set([])
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#retry)
    this.#stopListening()
    this.#socket?.close()
  }

  #openSoon(afterMs: number): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.#open().catch((thrown: unknown) => this.#failed(thrown))
    }, afterMs)
  }

  async #open(): Promise<void> {
    if (this.#isOpening || this.#ended || this.#socket !== undefined) return
    this.#isOpening = true
    try {
      const { client, deviceId, signIn } = this.#options
      if (!this.#isSignedIn) await signIn?.()
      this.#isSignedIn = true
      const device = { deviceId, platform: 'web', name: 'Playground, numbered events' }
      const { messagingUrl } = await client.session.create(device)
      this.#follow(addressOf(messagingUrl))
    } finally {
      this.#isOpening = false
    }
  }

  #follow(address: string): void {
    // It may have ended while the ticket was made.
    if (this.#ended) return
    const socket = new this.#options.network.WebSocket(address)
    this.#socket = socket
    socket.addEventListener('open', () => {
      this.#failures = 0
      this.#note('Connected: method 20 asks for what was missed.')
      socket.send(JSON.stringify({ method: 20, timestamp: Date.now() }))
    })
    socket.addEventListener('message', ({ data }) => this.#read(data))
    socket.addEventListener('close', ({ code }) => {
      this.#socket = undefined
      this.#note(`Closed with ${code}.`)
      if (code === 4403) this.#ended = true
      this.#failed(undefined)
    })
  }

  #failed(thrown: unknown): void {
    if (this.#ended || !this.#options.network.up.get()) return
    if (isTidingsError(thrown) && !thrown.retryable) {
      this.#note(thrown.message)
      return
    }
    this.#failures += 1
    this.#openSoon(Math.min(RETRY_MS * 2 ** (this.#failures - 1), RETRY_LIMIT_MS))
  }

  #read(data: unknown): void {
    const frame: unknown = JSON.parse(String(data))
    if (typeof frame !== 'object' || frame === null || !('type' in frame)) return
    const type = Number(frame.type)
    const timestamp = 'timestamp' in frame ? Number(frame.timestamp) : 0
    const id = 'id' in frame ? String(frame.id) : undefined
    const body = 'body' in frame ? frame.body : undefined
    this.#add({ frame: { type, name: NAMES.get(type) ?? '', timestamp, id, body } })
  }

  #note(note: string): void {
    this.#add({ note, at: Date.now() })
  }

  #add(entry: { frame: NumberedFrame } | { note: string; at: number }): void {
    this.#made += 1
    const kept = this.#entries.get().slice(1 - FEED_LIMIT)
    this.#entries.set([...kept, { ...entry, key: this.#made }])
  }
}

/** On the host that this page came from: the server may have another name than the one by which it is reached here. */
function addressOf(messagingUrl: string): string {
  const address = new URL(messagingUrl)
  address.host = location.host
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return address.href
}
