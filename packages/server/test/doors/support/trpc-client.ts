import { once } from 'node:events'
import { vi } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'

/** A frame of tRPC's WebSocket protocol, as far as tests look into it. */
export interface TrpcFrame {
  readonly id: string | number | null
  readonly result?: { readonly type: string; readonly data?: { readonly json: unknown } }
  readonly error?: {
    readonly json: {
      readonly message: string
      readonly code: number
      readonly data: Record<string, unknown>
    }
  }
}

/** A bare WebSocket on `/trpc`, for what stock clients never send. */
export class RawTrpcClient implements AsyncDisposable {
  readonly socket: WebSocket
  readonly frames: TrpcFrame[] = []
  readonly texts: string[] = []
  closeCode: number | undefined

  constructor(url: string, options: ClientOptions & { query?: string } = {}) {
    const { query = '?connectionParams=1', ...rest } = options
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/trpc${query}`, rest)
    this.socket.on('message', (data: Buffer) => {
      const text = data.toString()
      // tRPC's own adapter asks in text whether its client is there; ours pings.
      if (text === 'PING' && rest.autoPong !== false) this.send('PONG')
      this.texts.push(text)
      if (text.startsWith('{')) this.frames.push(JSON.parse(text))
    })
    this.socket.on('close', (code) => {
      this.closeCode = code
    })
    this.socket.on('error', () => undefined)
  }

  /** Connects and signs in. */
  static async open(url: string, token: string, query?: string): Promise<RawTrpcClient> {
    const client = new RawTrpcClient(url, query === undefined ? {} : { query })
    await once(client.socket, 'open')
    client.send({ method: 'connectionParams', data: { token } })
    return client
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  call(id: unknown, path: string, input?: unknown, method = 'mutation'): void {
    this.send({
      id,
      method,
      params: { path, ...(input === undefined ? {} : { input: { json: input } }) },
    })
  }

  heard(matches: (frame: TrpcFrame) => boolean): Promise<TrpcFrame> {
    return vi.waitFor(() => {
      const frame = this.frames.find(matches)
      if (frame === undefined) throw new Error(`not among ${this.texts.length} frames`)
      return frame
    }, WAIT)
  }

  answer(id: string | number | null): Promise<TrpcFrame> {
    return this.heard((frame) => frame.id === id)
  }

  closed(): Promise<number> {
    return vi.waitFor(() => {
      if (this.closeCode === undefined) throw new Error('still open')
      return this.closeCode
    }, WAIT)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, 'close')
  }
}

const WAIT = { timeout: 15_000, interval: 5 }

/** The code of an error frame. */
export function codeOf(frame: TrpcFrame): unknown {
  return frame.error?.json.data['code']
}
