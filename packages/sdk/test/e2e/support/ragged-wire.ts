import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Chance } from './random.ts'

/** A relay whose connections break by themselves, in the middle of what they carry. */
export interface RaggedWire extends AsyncDisposable {
  readonly port: number
  /** Connections that have been broken. */
  readonly breaks: number
  /** Breaks connections from now on, or no more; whole until told so. */
  tear(isTearing: boolean): void
}

export interface RaggedOptions {
  readonly targetPort: number
  readonly chance: Chance
  /** A direction of a connection carries at most so many bytes before it breaks. */
  readonly mostBytes: number
}

/**
 * Each direction of each connection carries a random number of bytes, in pieces of random size. What happens then is
 * random too: both ends are reset, or the wire swallows everything from there on and looks as if it were open.
 */
export async function openRaggedWire(options: RaggedOptions): Promise<RaggedWire> {
  const { targetPort, chance, mostBytes } = options
  const sockets = new Set<Socket>()
  let breaks = 0
  let isTearing = false

  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    const end = (): void => {
      for (const socket of [near, far]) {
        sockets.delete(socket)
        socket.resetAndDestroy()
      }
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.setNoDelay(true).on('error', end).on('close', end)
    }
    const carry = (from: Socket, to: Socket): void => {
      let left = chance.between(1, mostBytes)
      let isDeaf = false
      from.on('data', (chunk: Buffer) => {
        if (isDeaf) return
        const isLast = isTearing && chunk.length >= left
        writeInPieces(to, isLast ? chunk.subarray(0, left) : chunk, chance)
        if (isTearing) left -= chunk.length
        if (!isLast) return
        breaks += 1
        if (chance.next() < 0.25) isDeaf = true
        else setImmediate(end)
      })
    }
    carry(near, far)
    carry(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a wire without a port')
  return {
    port: address.port,
    get breaks() {
      return breaks
    },
    tear(next) {
      isTearing = next
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function writeInPieces(socket: Socket, bytes: Buffer, chance: Chance): void {
  const cut = chance.between(0, bytes.length)
  for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)])
    if (piece.length > 0) socket.write(piece)
}
