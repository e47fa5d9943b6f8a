import type { IncomingMessage } from 'node:http'
import type { Deps } from '../../services/deps.ts'
import { bearerOf } from '../bearer.ts'
import { DoorSocket } from '../socket.ts'
import { sourceOf } from '../source.ts'
import type { DoorTimings } from '../timings.ts'
import type { UpgradeRoute } from '../upgrade.ts'
import { Wheel } from '../wheel.ts'
import { TrpcConnection, type Credential } from './connection.ts'

/** A door for WebSockets. */
export interface SocketDoor {
  readonly route: UpgradeRoute
  connectionCount(): number
  /** Closes what is still open with 1012 and stops looking after connections. */
  close(): Promise<void>
}

/** tRPC over WebSocket, on `/trpc`. */
export function openTrpcDoor(deps: Deps, timings: DoorTimings): SocketDoor {
  const wheel = new Wheel<TrpcConnection>({
    tickMs: timings.tickMs,
    turnMs: timings.keepAliveMs,
    machine: deps.machine,
  })
  return {
    route: {
      template: '/trpc',
      match: (path) => (path === '/trpc' || path === '/trpc/' ? '' : undefined),
      admit: (request) => {
        const source = sourceOf(request, deps.config, 'websocket')
        const credential = credentialOf(request)
        return Promise.resolve((webSocket) => {
          const socket = new DoorSocket(webSocket, deps.realtime)
          const connection: TrpcConnection = new TrpcConnection({
            deps,
            socket,
            source,
            authenticateMs: timings.authenticateMs,
            wheel,
          })
          connection.start(credential)
        })
      },
    },
    connectionCount: () => wheel.size,
    close() {
      for (const connection of wheel.items()) connection.close(1012)
      wheel.stop()
      return Promise.resolve()
    },
  }
}

/** Browsers can set no header on a WebSocket, so they introduce themselves in the first frame. */
function credentialOf(request: IncomingMessage): Credential {
  const query = new URL(request.url ?? '/', 'http://host').searchParams
  if (query.get('connectionParams') === '1') return { kind: 'first-frame' }
  const token = bearerOf(request)
  return token === undefined ? { kind: 'none' } : { kind: 'token', token }
}
