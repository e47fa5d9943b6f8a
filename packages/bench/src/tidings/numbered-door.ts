import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { CatchUpOptions, Client, ConnectOptions, Door, Listener } from '../client.ts'
import { Corked } from '../corked.ts'
import { createCaller } from './introduce.ts'

/** The frames that the load looks at; see docs of the numbered protocol for all. */
interface NumberedFrame {
  readonly type: number
  readonly id?: string
  readonly body: {
    readonly data?: string
    readonly seq?: number
    readonly group_id?: string
    readonly id?: number
    readonly result?: { readonly seq?: number }
    readonly message_id?: string
    readonly code?: string
  }
}

/** The numbered protocol, as a client without any library speaks it: a frame for each call, in one write a turn. */
export const numberedDoor: Door = {
  async connect({ url, token, listener, receipts }: ConnectOptions): Promise<Client> {
    const { socket, say } = await open(url, token)
    const heard = new Hearing(listener, receipts ? say : undefined)
    socket.on('message', (data) => heard.hear(parse(data)))
    await started(socket, say, Date.now())
    let id = 0
    return {
      send(group_id, texts) {
        for (const data of texts) {
          id += 1
          say({ method: 40, id, body: { group_id, data, client_id: `${token.slice(-8)}-${id}` } })
        }
      },
      close: () => closed(socket),
    }
  },

  async catchUp({ url, token, conversationId, messages }: CatchUpOptions): Promise<void> {
    const { socket, say } = await open(url, token)
    let got = 0
    await new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const { type, body } = parse(data)
        if (type !== 20 || body.group_id !== conversationId) return
        got += 1
        if (got === messages) resolve()
      })
      say({ method: 20, timestamp: 0 })
    })
    await closed(socket)
  },
}

type Say = (call: object) => void

/** Receipts name messages: which seq they stand for is known from their acknowledgement, which comes first. */
class Hearing {
  readonly #listener: Listener
  readonly #say: Say | undefined
  readonly #seqOf = new Map<string, number>()
  #accepted: string[] = []

  constructor(listener: Listener, say: Say | undefined) {
    this.#listener = listener
    this.#say = say
  }

  hear({ type, body }: NumberedFrame): void {
    if (type === 20) this.#receive(body)
    else if (type === 21) this.#accepted.push(body.message_id ?? '')
    else if (type === 1 && body.result?.seq !== undefined) this.#ack(body.result.seq)
    else if (type === 22) this.#listener.delivered(this.#take(body.message_id ?? ''))
    else if (type === 90) throw new Error(`refused: ${body.code}`)
  }

  #receive({ data = '', message_id }: NumberedFrame['body']): void {
    this.#listener.received(data)
    this.#say?.({ method: 41, body: { message_id } })
  }

  #ack(seq: number): void {
    const messageId = this.#accepted.shift() ?? ''
    this.#seqOf.set(messageId, seq)
    this.#listener.acked(seq)
  }

  #take(messageId: string): number {
    const seq = this.#seqOf.get(messageId) ?? 0
    this.#seqOf.delete(messageId)
    return seq
  }
}

async function open(url: string, token: string) {
  const { messagingUrl } = await createCaller(url, token).session.createTicket.mutate()
  const socket = new WebSocket(messagingUrl, { perMessageDeflate: false })
  await once(socket, 'open')
  const corked = new Corked(socket)
  const say: Say = (call) => corked.send(JSON.stringify(call))
  return { socket, say }
}

/** Method 20 has been answered: from now on everything comes. */
async function started(socket: WebSocket, say: Say, timestamp: number): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.on('message', function wait(data) {
      const { type, body } = parse(data)
      if (type !== 1 || body.id !== 0) return
      socket.off('message', wait)
      resolve()
    })
    say({ method: 20, timestamp, id: 0 })
  })
}

function parse(data: unknown): NumberedFrame {
  return JSON.parse(String(data)) as NumberedFrame
}

async function closed(socket: WebSocket): Promise<void> {
  socket.close()
  if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close')
}
