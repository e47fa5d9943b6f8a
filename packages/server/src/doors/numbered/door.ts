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

const PATH = /^\/ws\/([\w-]{16,256})$/

/** The numbered protocol over WebSocket, on `/ws/<ticket>` (seed 002's `messaging_url`). */
export function openNumberedDoor(
  deps: Deps,
  parts: { timings: DoorTimings; metrics: Metrics; caps: ConnectionCaps },
): SocketDoor {
  const { timings, metrics, caps } = parts
  const wheel = new Wheel<NumberedConnection>({
    tickMs: timings.tickMs,
    turnMs: timings.keepAliveMs,
    machine: deps.machine,
  })
  const running = new Set<Promise<void>>()
  const saving = new Map<number, Promise<void>>()
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
          const options = { deps, actor, socket, source, wheel, timings, metrics, saving }
          const run = new NumberedConnection(options).run().finally(() => running.delete(run))
          running.add(run)
        }
      },
    },
    connectionCount: () => wheel.size,
    async close() {
      for (const connection of wheel.items()) connection.close(1012)
      wheel.stop()
      await Promise.all(running)
    },
  }
}
