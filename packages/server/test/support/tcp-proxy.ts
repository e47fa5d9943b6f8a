import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A relay in front of a server, whose wire can be cut and stalled. */
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
  /** Refuses new connections, or takes them again. */
  refuse(isRefusing: boolean): void
  /** Connections that are open now. */
  connections(): number
}

/** Opens a relay to a local port. */
export async function openTcpProxy(targetPort: number): Promise<TcpProxy> {
  const wires = new Set<{ near: Socket; far: Socket }>()
  const pass = (): 'pass' | 'drop' => 'pass'
  const look = {
    request: pass as (chunk: Buffer) => 'pass' | 'drop',
    answer: pass as (chunk: Buffer) => 'pass' | 'drop',
  }
  let isRefusing = false
  let isStalled = false

  const server = createServer((near) => {
    if (isRefusing) {
      near.resetAndDestroy()
      return
    }
    const far = connect(targetPort, '127.0.0.1')
    const wire = { near, far }
    wires.add(wire)
    const end = (): void => {
      wires.delete(wire)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', end).on('close', end)
    near.on('data', (chunk) => {
      if (look.request(chunk) === 'pass') far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (look.answer(chunk) === 'pass') near.write(chunk)
    })
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

function pause({ near, far }: { near: Socket; far: Socket }): void {
  near.pause()
  far.pause()
}

function resume({ near, far }: { near: Socket; far: Socket }): void {
  near.resume()
  far.resume()
}
