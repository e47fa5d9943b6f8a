import { once } from 'node:events'
import { WebSocket } from 'ws'
import { EVENTS } from '@tidings/protocol/wire'
import type { TestServer } from '../support/test-server.ts'
import type { Person } from './person.ts'

/** A frame as seed 002 has it. */
export interface NumberedFrame {
  readonly type: number
  readonly timestamp: number
  readonly id?: string
  readonly body: Readonly<Record<string, unknown>>
}

/** A bare client of the numbered protocol: a socket, JSON, and nothing that helps. */
export class NumberedClient {
  readonly frames: NumberedFrame[] = []
  readonly #socket: WebSocket
  readonly #waiting = new Set<() => void>()
  #calls = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)) as NumberedFrame)
      for (const wake of this.#waiting) wake()
    })
  }

  /** `POST /sessions`, then the socket at `messaging_url`. */
  static async open(
    { url }: TestServer,
    person: Person,
    deviceId = 'device',
  ): Promise<NumberedClient> {
    const answer = await fetch(`${url}/sessions`, {
      method: 'POST',
      headers: {
        authorization: `bearer ${person.accessToken}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        device_id: deviceId,
        platform: 'web',
        model: 'x',
        build: 1,
        name: 'pc',
      }),
    })
    const session = (await answer.json()) as { messaging_url: string }
    const socket = new WebSocket(session.messaging_url)
    const client = new NumberedClient(socket)
    await once(socket, 'open')
    return client
  }

  send(frame: unknown): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** Method 20 with the client's own clock, and everything missed read. */
  async start(): Promise<void> {
    this.send({ method: 20, timestamp: Date.now(), body: { caught_up: true } })
    await this.next((frame) => frame.type === EVENTS['sync.caughtUp'])
  }

  /** A call with an id; answers its result, or the body of its error. */
  async call(method: number, body: unknown): Promise<Readonly<Record<string, unknown>>> {
    const id = `call-${++this.#calls}`
    this.send({ method, id, body })
    const frame = await this.next(({ type, body: answer }) => {
      return (type === EVENTS.result || type === EVENTS.error) && answer['id'] === id
    })
    return frame.type === EVENTS.error
      ? frame.body
      : ((frame.body['result'] ?? {}) as Record<string, unknown>)
  }

  /** The first frame that fits, waiting for it. */
  async next(fits: (frame: NumberedFrame) => boolean): Promise<NumberedFrame> {
    for (;;) {
      const frame = this.frames.find(fits)
      if (frame !== undefined) return frame
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}
