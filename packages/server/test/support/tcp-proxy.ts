import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A relay in front of a server, whose wire can be cut, stalled, slowed down and left half-open. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Calls `look` with every chunk that a client sends, before it is passed on; `'drop'` swallows it. */
  onRequest(look: (chunk: Buffer) => 'pass' | 'drop'): void
  /** The same for what the server answers. */
  onAnswer(look: (chunk: Buffer) => 'pass' | 'drop'): void
  /** Resets all connections at once. */
  cut(): void
  /** Holds everything back in both directions, and lets it go on. */
  stall(isStalled: boolean): void
  /** Whatever is sent from now on takes so much longer, each way, milliseconds. */
  delay(ms: number): void
  /** Swallows everything on the connections that are open now, for ever, and tells neither end of the other's end. */
  halfOpen(): void
  /** Refuses new connections, or takes them again. */
  refuse(isRefusing: boolean): void
  /** Connections that are open now. */
  connections(): number
}

/** Opens a relay to a local port. */
export async function openTcpProxy(targetPort: number): Promise<TcpProxy> {
  const wires = new Set<Wire>()
  const pass = (): 'pass' | 'drop' => 'pass'
  const look = {
    request: pass as (chunk: Buffer) => 'pass' | 'drop',
    answer: pass as (chunk: Buffer) => 'pass' | 'drop',
  }
  let isRefusing = false
  let isStalled = false
  let delayMs = 0

  /** Passes on what comes in one direction. */
  const carrier = (wire: Wire, to: Socket, judge: (chunk: Buffer) => 'pass' | 'drop') => {
    const onTheirWay: Buffer[] = []
    return (chunk: Buffer): void => {
      if (wire.isDeaf || judge(chunk) === 'drop') return
      // What is still on its way keeps its place in line, also when the wire has become quicker meanwhile.
      if (delayMs === 0 && onTheirWay.length === 0) {
        to.write(chunk)
        return
      }
      onTheirWay.push(chunk)
      setTimeout(() => {
        const next = onTheirWay.shift()
        if (next !== undefined && !wire.isDeaf && !to.destroyed) to.write(next)
      }, delayMs)
    }
  }
  const server = createServer((near) => {
    if (isRefusing) {
      near.resetAndDestroy()
      return
    }
    const far = connect(targetPort, '127.0.0.1')
    const wire: Wire = { near, far, isDeaf: false }
    wires.add(wire)
    const end = (): void => {
      if (wire.isDeaf && !(near.destroyed && far.destroyed)) return
      wires.delete(wire)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', end).on('close', end)
    near.on(
      'data',
      carrier(wire, far, (chunk) => look.request(chunk)),
    )
    far.on(
      'data',
      carrier(wire, near, (chunk) => look.answer(chunk)),
    )
    if (isStalled) pause(wire)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a proxy without a port')

  const cut = (): void => {
    for (const { near, far } of [...wires]) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
  }
  return {
    port: address.port,
    onRequest: (next) => {
      look.request = next
    },
    onAnswer: (next) => {
      look.answer = next
    },
    cut,
    stall: (next) => {
      isStalled = next
      for (const wire of wires) (next ? pause : resume)(wire)
    },
    delay: (ms) => {
      delayMs = ms
    },
    halfOpen: () => {
      for (const wire of wires) wire.isDeaf = true
    },
    refuse: (next) => {
      isRefusing = next
    },
    connections: () => wires.size,
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}

/** One connection through the relay. */
interface Wire {
  readonly near: Socket
  readonly far: Socket
  isDeaf: boolean
}

function pause({ near, far }: Wire): void {
  near.pause()
  far.pause()
}

function resume({ near, far }: Wire): void {
  near.resume()
  far.resume()
}
