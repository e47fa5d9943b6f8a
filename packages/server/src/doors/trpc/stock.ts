import type { KnownCloseCode } from '@tidings/protocol/wire'
import { CLOSE_CODES } from '@tidings/protocol/wire'
import { applyWSSHandler, type CreateWSSContextFnOptions } from '@trpc/server/adapters/ws'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Context } from '../../rpc/context.ts'
import { toTidingsError, toTrpcError } from '../../rpc/errors.ts'
import { appRouter } from '../../rpc/root.ts'
import type { Actor } from '../../services/actor.ts'
import type { Deps } from '../../services/deps.ts'
import type { ConnectionCaps } from '../connection-caps.ts'
import { sourceOf } from '../source.ts'
import { closeCodeFor, credentialOf } from './credential.ts'
import { TRPC_PATH, type OpenTrpcDoor } from './door.ts'

/**
 * tRPC over WebSocket by tRPC's own adapter: what ours is compared with, by tests and by measurements. The router, the
 * signing in and the caps are the same; of its clients it expects what that adapter expects (docs/adr/0008). Nothing
 * that serves people loads this file.
 */
export const openStockTrpcDoor: OpenTrpcDoor = (deps, { timings, caps }) => {
  const sockets = new Set<WebSocket>()
  const wss = new WebSocketServer({ noServer: true, clientTracking: false })
  applyWSSHandler({
    wss,
    router: appRouter,
    createContext: (call) => createContext({ deps, caps }, call),
    keepAlive: { enabled: true, pingMs: timings.keepAliveMs, pongWaitMs: timings.keepAliveMs },
  })
  return {
    route: {
      ...TRPC_PATH,
      admit: (request) =>
        Promise.resolve((socket) => {
          sockets.add(socket)
          socket.once('close', () => sockets.delete(socket))
          // The stock adapter leaves this to `ws`, which here leaves it to the doors.
          socket.on('ping', (payload) => socket.pong(payload))
          wss.emit('connection', socket, request)
        }),
    },
    connectionCount: () => sockets.size,
    close() {
      for (const socket of sockets) close(socket, 1012)
      return Promise.resolve()
    },
  }
}

interface Shared {
  readonly deps: Deps
  readonly caps: ConnectionCaps
}

async function createContext(shared: Shared, call: CreateWSSContextFnOptions): Promise<Context> {
  const { req, res: socket } = call
  const { deps } = shared
  try {
    const token = tokenOf(call)
    const actor = token === undefined ? null : await deps.auth.authenticate(token)
    if (actor !== null && socket.readyState === socket.OPEN) enter(shared, actor, socket)
    const transport = {
      bufferedAmount: () => socket.bufferedAmount,
      close: (code: KnownCloseCode) => close(socket, code),
    }
    return { deps, actor, source: sourceOf(req, deps.config, 'websocket'), transport }
  } catch (thrown) {
    const error = toTidingsError(thrown)
    // After the adapter has sent the error, and before it closes the socket itself, which it does without a code.
    setImmediate(() => close(socket, closeCodeFor(error)))
    throw toTrpcError(error)
  }
}

function tokenOf({ req, info }: CreateWSSContextFnOptions): string | undefined {
  const credential = credentialOf(req)
  switch (credential.kind) {
    case 'first-frame':
      return info.connectionParams?.['token']
    case 'token':
      return credential.token
    case 'none':
      return undefined
  }
}

/** @throws TidingsError TOO_MANY_CONNECTIONS */
function enter({ deps, caps }: Shared, actor: Actor, socket: WebSocket): void {
  const release = caps.takeUser(actor.userKey)
  const leave = deps.realtime.register({
    userKey: actor.userKey,
    sessionKey: actor.sessionKey,
    isPresence: false,
    deliver: ignore,
    signal: ignore,
    close: (code) => close(socket, code),
  })
  socket.once('close', () => {
    leave()
    release()
  })
}

function close(socket: WebSocket, code: KnownCloseCode): void {
  socket.close(code, CLOSE_CODES[code].reason)
}

function ignore(): void {
  // Events are for `sync.live`, which registers itself.
}
