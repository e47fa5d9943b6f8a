import { WebSocket } from 'ws'
import type { WebSocketClass } from '../../../src/websocket.ts'

/** A call of a device that has not been answered with what was asked for. */
interface Tried {
  readonly path: string
  readonly input: string
  readonly firstAt: number
  tries: number
  lastAt: number
  /** Over which connection it went last, and what has come of that. */
  over: string
  outcome: string
}

/** A connection as its device knows it. */
interface Link {
  readonly name: string
  readonly under: Map<number, Tried>
}

const UNANSWERED = 'no answer yet'
/** What was last tried longer ago was given up by whoever made it. */
const GIVEN_UP_MS = 60_000
const MOST_INPUT = 200

/**
 * Everything that a client calls and what it is answered, as it crosses the wire: for a round in which a call is never answered. What
 * succeeds is forgotten at once.
 */
export class Traffic {
  readonly #now: () => number
  readonly #tried = new Map<string, Tried>()
  #links = 0
  #link = 'no connection yet'

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Of `createClient`. */
  get options(): { readonly WebSocket: WebSocketClass; readonly fetch: typeof fetch } {
    return { WebSocket: watchedSocket(this), fetch: (url, init) => this.#fetch(url, init) }
  }

  /** The calls that have failed or are under way, a line each, and the connection. */
  tell(): readonly string[] {
    const now = this.#now()
    const open = [...this.#tried.values()].filter(({ lastAt }) => now - lastAt < GIVEN_UP_MS)
    return [this.#link, ...open.map((tried) => toLine(tried, now))]
  }

  /** A connection is being made. */
  dialled(): Link {
    this.#links += 1
    const name = `connection ${this.#links}`
    this.#link = `${name} is being made`
    return { name, under: new Map() }
  }

  /** It is there; `port` is this end's. */
  opened(link: Link, port: number): void {
    this.#link = `${link.name} is open, from port ${port}, since ${new Date(this.#now()).toISOString()}`
  }

  said(link: Link, frame: string): void {
    const [, id, path, input] =
      /^\{"id":(\d+),"method":"(?:query|mutation)","params":\{"path":"([^"]*)","input":(.*)\}\}$/s.exec(
        frame,
      ) ?? []
    if (id !== undefined && path !== undefined && input !== undefined)
      link.under.set(Number(id), this.#try({ path, input, over: link.name }))
  }

  heard(link: Link, frame: string): void {
    const id = Number(/^\{"id":(\d+)/.exec(frame)?.[1])
    const tried = link.under.get(id)
    if (tried === undefined) return
    link.under.delete(id)
    this.#settle(tried, /^\{"id":\d+,"error":/.test(frame) ? codeIn(frame) : undefined)
  }

  closed({ name, under }: Link, code: number): void {
    if (this.#link.startsWith(`${name} `)) this.#link = `${name} was closed with ${code}`
    for (const tried of under.values())
      if (tried.over === name) tried.outcome = `its connection was closed with ${code}`
    under.clear()
  }

  #try({ path, input, over }: Pick<Tried, 'path' | 'input' | 'over'>): Tried {
    const key = `${path} ${input}`
    const now = this.#now()
    const fresh = { path, input, firstAt: now, tries: 0, lastAt: now, over, outcome: UNANSWERED }
    const tried = this.#tried.get(key) ?? fresh
    this.#tried.set(key, tried)
    return Object.assign(tried, {
      tries: tried.tries + 1,
      ...{ lastAt: now, over, outcome: UNANSWERED },
    })
  }

  #settle(tried: Tried, failure: string | undefined): void {
    if (failure === undefined) this.#tried.delete(`${tried.path} ${tried.input}`)
    else tried.outcome = failure
  }

  async #fetch(...[url, init]: Parameters<typeof fetch>): ReturnType<typeof fetch> {
    const path = new URL(String(url)).pathname
    const tried = this.#try({ path, input: String(init?.body), over: 'HTTP' })
    try {
      const response = await fetch(url, init)
      const text = await response.clone().text()
      this.#settle(tried, text.includes('"error"') ? codeIn(text) : undefined)
      return response
    } catch (thrown) {
      this.#settle(tried, String(thrown))
      throw thrown
    }
  }
}

function toLine(
  { path, input, firstAt, tries, lastAt, over, outcome }: Tried,
  now: number,
): string {
  const begun = `${path}, tried ${tries} times since ${now - firstAt} ms`
  return `${begun}, last ${now - lastAt} ms ago over ${over}: ${outcome}; ${input.slice(0, MOST_INPUT)}`
}

function codeIn(text: string): string {
  return /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? text.slice(0, MOST_INPUT)
}

function watchedSocket(traffic: Traffic): WebSocketClass {
  return class extends WebSocket {
    readonly #link = traffic.dialled()

    constructor(url: string) {
      super(url)
      this.on('upgrade', ({ socket }) => traffic.opened(this.#link, socket.localPort ?? 0))
      this.on('message', (data: Buffer) => traffic.heard(this.#link, data.toString()))
      this.on('close', (code) => traffic.closed(this.#link, code))
    }

    override send(text: string): void {
      traffic.said(this.#link, text)
      super.send(text)
    }
  }
}
