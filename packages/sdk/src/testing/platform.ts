import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { WebSocket } from 'ws'
import { parseJson } from '../frames.ts'
import { isRecord } from '../record.ts'
import type { WebSocketClass } from '../websocket.ts'
import type { ClientNetwork, Loss } from './network.ts'

/** A client's `fetch` over its network. It knows one server; what a client asks of it, and no more. */
export function fetchOver(network: ClientNetwork, origin: string): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.origin !== origin)
      throw failed(new Error(`a test kit knows no server at ${url.origin}`))
    const loss = network.takeLoss(url.pathname.slice('/trpc/'.length).split(','))
    try {
      if (loss === 'call') throw new Error('the network lost the call')
      const response = await exchange(network, url, init)
      if (loss === 'answer') throw new Error('the network lost the answer')
      return response
    } catch (cause) {
      throw failed(cause)
    }
  }
}

/** What `fetch` throws when there is no answer. */
function failed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause })
}

/** One request on a connection of its own. */
async function exchange(network: ClientNetwork, url: URL, init: RequestInit): Promise<Response> {
  const { method = 'GET', body, signal } = init
  const headers = Object.fromEntries(new Headers(init.headers))
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, { method, headers, createConnection: () => network.connect() })
    outgoing.on('response', resolve).on('error', reject)
    signal?.addEventListener('abort', () => outgoing.destroy(new Error('aborted')))
    outgoing.end(typeof body === 'string' ? body : undefined)
  })
  const { statusCode: status = 500 } = answer
  const named = Object.entries(answer.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ])
  return new Response(await text(answer), { status, headers: named })
}

/** A client's WebSocket class over its network: the real one, whose connection is none of the machine's. */
export function webSocketOver(network: ClientNetwork): WebSocketClass {
  return class extends WebSocket {
    /** The call whose answer is to be lost, by its id. */
    #lost: unknown

    constructor(url: string) {
      super(url, { createConnection: () => network.connect(), perMessageDeflate: false })
    }

    override send(data: string): void {
      const loss = this.#lossOf(data)
      if (loss === 'call') network.drop()
      else super.send(data)
    }

    override emit(name: string | symbol, ...values: unknown[]): boolean {
      if (name !== 'message' || !this.#isLost(values[0])) return super.emit(name, ...values)
      this.#lost = undefined
      network.drop()
      return true
    }

    #lossOf(frame: string): Loss | undefined {
      const call = parseJson(frame)
      if (!isRecord(call) || !isRecord(call['params'])) return undefined
      const { path } = call['params']
      const loss = typeof path === 'string' ? network.takeLoss([path]) : undefined
      if (loss === 'answer') this.#lost = call['id']
      return loss
    }

    #isLost(frame: unknown): boolean {
      if (this.#lost === undefined) return false
      const answer = parseJson(String(frame))
      return isRecord(answer) && answer['id'] === this.#lost
    }
  }
}
