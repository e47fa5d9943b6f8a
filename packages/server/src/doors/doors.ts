import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Deps } from '../services/deps.ts'
import { attach, type Attached } from './attach.ts'
import { openConnectionCaps } from './connection-caps.ts'
import { createListener } from './listener.ts'
import { openMetrics } from './metrics.ts'
import { openDevices } from './device/devices.ts'
import { numberedRoute } from './numbered/door.ts'
import { createRestApp } from './rest/app.ts'
import { seed001Socket } from './seed-001/socket.ts'
import type { DoorTimings } from './timings.ts'
import { openTrpcDoor, type OpenTrpcDoor } from './trpc/door.ts'
import { upgradeHandler } from './upgrade.ts'

/** Every way into one server, on one port. */
export interface Doors {
  /** Begins to listen; answers the port. @throws what `listen` fails with, such as EADDRINUSE */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>
  /** Serves below a path of the app's own server. */
  attach(host: Server, path: string): void
  /** Takes a connection that came another way than through the port. */
  accept(stream: Duplex): void
  /** No new connection or request from now on; those under way go on. */
  stop(): void
  /** Closes what is left. */
  close(): Promise<void>
}

/** @param openTrpc opens tRPC over WebSocket */
export function openDoors(
  deps: Deps,
  timings: DoorTimings,
  openTrpc: OpenTrpcDoor = openTrpcDoor,
): Doors {
  let stopping = false
  let attached: Attached | undefined
  const metrics = openMetrics({
    connections: () => ({ trpc: trpc.connectionCount(), ...devices.connectionCounts() }),
    deps,
    stopping: () => stopping,
  })
  const caps = openConnectionCaps(deps.config.limits)
  const app = createRestApp({ deps, metrics, stopping: () => stopping })
  const server = createListener({ deps, app, metrics, timings })
  // Last: their timers run from now on.
  const trpc = openTrpc(deps, { timings, caps })
  const devices = openDevices(deps, { timings, metrics })
  const door = { devices, caps }
  const routes = [trpc.route, numberedRoute(deps, door), seed001Socket(deps, door)]
  server.on('upgrade', upgradeHandler({ deps, routes, caps, stopping: () => stopping }))
  return {
    listen: (address) => listen(server, address),
    attach(host, path) {
      attached = attach({ host, path, inner: server })
    },
    accept: (stream) => void server.emit('connection', stream),
    stop() {
      stopping = true
      attached?.stop()
      server.close()
      server.closeIdleConnections()
    },
    async close() {
      stopping = true
      // Side by side: a request that is slow and a socket that does not answer are waited for once.
      const { closeMs } = timings
      const requests = [attached?.finished(closeMs), closeServer(server, closeMs)]
      await Promise.all([trpc.close(), devices.close(), ...requests])
    },
  }
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve(portOf(server.address()))
    })
  })
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('a server without a port')
  return address.port
}

/** Requests under way may finish; after `closeMs` they are cut. */
async function closeServer(server: Server, closeMs: number): Promise<void> {
  if (!server.listening && server.address() === null) server.closeIdleConnections()
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  const cut = setTimeout(() => server.closeAllConnections(), closeMs)
  await closed
  clearTimeout(cut)
}
