import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { CatchUpOptions, Client, ConnectOptions, Door, Listener } from '../client.ts'
import { Corked } from '../corked.ts'
import type { RelayCall, RelayFrame } from './frames.ts'

/** The relay's own protocol: one JSON frame for each message, ack and receipt. */
export const relayDoor: Door = {
  async connect({ url, token, listener, receipts }: ConnectOptions): Promise<Client> {
    const { socket, say } = await open(url, token)
    socket.on('message', (data) => hear(parse(data), { listener, receipts, say }))
    let id = 0
    return {
      send(c, texts) {
        for (const text of texts) say({ t: 'send', c, id: (id += 1), text })
      },
      close: () => closed(socket),
    }
  },

  async catchUp({ url, token, conversationId: c, messages }: CatchUpOptions): Promise<void> {
    const { socket, say } = await open(url, token)
    let got = 0
    await new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const frame = parse(data)
        if (frame.t !== 'page') return
        got += frame.rows.length
        if (frame.more) say({ t: 'sync', c, after: frame.rows.at(-1)?.seq ?? 0 })
        else resolve()
      })
      say({ t: 'sync', c, after: 0 })
    })
    if (got !== messages) throw new Error(`${got} of ${messages} messages came`)
    await closed(socket)
  },
}

interface Hearing {
  readonly listener: Listener
  readonly receipts: boolean
  readonly say: (call: RelayCall) => void
}

function hear(frame: RelayFrame, { listener, receipts, say }: Hearing): void {
  if (frame.t === 'ack') listener.acked(frame.seq)
  else if (frame.t === 'got') listener.delivered(frame.seq)
  else if (frame.t === 'msg') {
    listener.received(frame.text)
    if (receipts) say({ t: 'got', c: frame.c, seq: frame.seq })
  }
}

async function open(url: string, token: string) {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await once(socket, 'open')
  const corked = new Corked(socket)
  const say = (call: RelayCall): void => corked.send(JSON.stringify(call))
  say({ t: 'auth', token })
  await once(socket, 'message')
  return { socket, say }
}

function parse(data: unknown): RelayFrame {
  return JSON.parse(String(data)) as RelayFrame
}

async function closed(socket: WebSocket): Promise<void> {
  socket.close()
  if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close')
}
