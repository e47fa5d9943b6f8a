import { TidingsError } from '@tidings/protocol/wire'
import type { Deps } from '../../services/deps.ts'
import type { Metrics } from '../metrics.ts'
import { releaseWith, type ConnectionCaps } from '../connection-caps.ts'
import { DoorSocket } from '../socket.ts'
import { sourceOf } from '../source.ts'
import type { DoorTimings } from '../timings.ts'
import type { SocketDoor } from '../trpc/door.ts'
import { Wheel } from '../wheel.ts'
import { NumberedConnection } from './connection.ts'
import { StreamNames } from './stream-names.ts'

const PATH = /^\/ws\/([\w-]{16,256})$/

interface NumberedParts {
  readonly timings: DoorTimings
  readonly metrics: Metrics
  readonly caps: ConnectionCaps
}

/** The numbered protocol over WebSocket, on `/ws/<ticket>` (seed 002's `messaging_url`). */
export function openNumberedDoor(deps: Deps, parts: NumberedParts): SocketDoor {
  const { timings, caps } = parts
  const wheel = new Wheel<NumberedConnection>({
    tickMs: timings.tickMs,
    turnMs: timings.keepAliveMs,
    machine: deps.machine,
  })
  const leaving = new Leaving(wheel)
  const shared = {
    ...{ deps, wheel, ...parts },
    ...{ names: new StreamNames(), saving: new Map<number, Promise<void>>() },
    left: (saved: Promise<void>) => leaving.add(saved),
  }
  return {
    route: {
      template: '/ws/:ticket',
      match: (path) => (path.startsWith('/ws/') ? (PATH.exec(path)?.[1] ?? '') : undefined),
      async admit(request, ticket) {
        const source = sourceOf(request, deps.config, 'numbered')
        const retryAfterMs = deps.auth.takeCall(source.ip, 'ip')
        if (retryAfterMs > 0) throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs })
        if (ticket === '') throw new TidingsError('UNAUTHENTICATED')
        const actor = await deps.auth.redeemTicket(ticket, source.origin)
        releaseWith(request.socket, caps.takeUser(actor.userKey))
        return (webSocket) => {
          const socket = new DoorSocket(webSocket, deps.realtime)
          new NumberedConnection(shared, { actor, source, socket }).start()
        }
      },
    },
    connectionCount: () => wheel.size,
    async close() {
      for (const connection of wheel.items()) connection.close(1012)
      wheel.stop()
      await leaving.all()
    },
  }
}

/** Waits for connections to be gone, and for what they save. */
class Leaving {
  readonly #connected: { readonly size: number }
  readonly #saves = new Set<Promise<void>>()
  #emptied: (() => void) | undefined

  constructor(connected: { readonly size: number }) {
    this.#connected = connected
  }

  /** One is gone. */
  add(saved: Promise<void>): void {
    this.#saves.add(saved)
    void saved.finally(() => this.#saves.delete(saved))
    if (this.#connected.size === 0) this.#emptied?.()
  }

  async all(): Promise<void> {
    if (this.#connected.size > 0)
      await new Promise<void>((resolve) => {
        this.#emptied = resolve
      })
    await Promise.all(this.#saves)
  }
}
