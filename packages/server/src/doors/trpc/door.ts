import type { Deps } from '../../services/deps.ts'
import type { ConnectionCaps } from '../connection-caps.ts'
import { Late } from '../late.ts'
import { DoorSocket } from '../socket.ts'
import { sourceOf } from '../source.ts'
import type { DoorTimings } from '../timings.ts'
import type { UpgradeRoute } from '../upgrade.ts'
import { Wheel } from '../wheel.ts'
import { TrpcConnection } from './connection.ts'
import { credentialOf } from './credential.ts'

/** A door for WebSockets. */
export interface SocketDoor {
  readonly route: UpgradeRoute
  connectionCount(): number
  /** Closes what is still open with 1012 and stops looking after connections. */
  close(): Promise<void>
}

/** Where tRPC is served over WebSocket. */
export const TRPC_PATH: Pick<UpgradeRoute, 'template' | 'match'> = {
  template: '/trpc',
  match: (path) => (path === '/trpc' || path === '/trpc/' ? '' : undefined),
}

/** Opens the door for tRPC over WebSocket: ours, or the one that it is compared with. */
export type OpenTrpcDoor = (
  deps: Deps,
  options: { readonly timings: DoorTimings; readonly caps: ConnectionCaps },
) => SocketDoor

/** tRPC over WebSocket, on `/trpc`. */
export const openTrpcDoor: OpenTrpcDoor = (deps, { timings, caps }) => {
  const wheel = new Wheel<TrpcConnection>({
    tickMs: timings.tickMs,
    turnMs: timings.keepAliveMs,
    machine: deps.machine,
  })
  const late = new Late(deps.machine)
  const shared = { deps, caps, authenticateMs: timings.authenticateMs, wheel, late }
  return {
    route: {
      ...TRPC_PATH,
      admit: (request) => {
        const source = sourceOf(request, deps.config, 'websocket')
        const credential = credentialOf(request)
        return Promise.resolve((webSocket) => {
          const socket = new DoorSocket(webSocket, deps.realtime)
          new TrpcConnection(shared, socket, source).start(credential)
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
