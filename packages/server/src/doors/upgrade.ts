import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { LIMITS, TidingsError } from '@tidings/protocol/wire'
import { WebSocketServer } from 'ws'
import { toTidingsError } from '../rpc/errors.ts'
import type { Deps } from '../services/deps.ts'
import { clientAddress } from './client-address.ts'
import { releaseWith, type ConnectionCaps } from './connection-caps.ts'
import { isOriginAllowed, originOf } from './origins.ts'
import { pathOf, refusedPathOf } from './request-guard.ts'
import { headersOf } from './rest/answer.ts'
import { failure, isSeed001Path } from './seed-001/envelope.ts'
import { DoorWebSocket } from './web-socket.ts'

/** A path on which WebSockets are opened. */
export interface UpgradeRoute {
  /** For the log, in place of a path that may hold a ticket. */
  readonly template: string
  /** What the route needs of the path; undefined when the path is not its own. */
  match(path: string): string | undefined
  /**
   * Decides before the handshake is answered, and answers what to do with the socket.
   * @throws TidingsError, which is answered over HTTP
   */
  admit(request: IncomingMessage, matched: string): Promise<(socket: DoorWebSocket) => void>
}

export interface UpgradeOptions {
  readonly deps: Deps
  readonly routes: readonly UpgradeRoute[]
  readonly caps: ConnectionCaps
  /** New connections are refused while the server stops. */
  readonly stopping: () => boolean
}

/** Not a closure of the handler: it lives as long as the socket, and would keep the request with it. */
function ignore(): void {
  // The connection is gone.
}

/** A client that does not answer our close is cut after this time. */
const CLOSE_TIMEOUT_MS = 5_000

/** Handles `upgrade` of the node server. */
export function upgradeHandler(options: UpgradeOptions) {
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LIMITS.bodyBytes,
    // `ws` would buffer an answer to each ping of a client that never reads.
    autoPong: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
    WebSocket: DoorWebSocket,
  }
  const server = new WebSocketServer(settings)
  return (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // A client that resets the connection meanwhile must not end the process.
    stream.on('error', ignore)
    const { url = '' } = request
    const path = pathOf(url) ?? ''
    const route = options.routes.find((candidate) => candidate.match(path) !== undefined)
    const log = (status: number) =>
      options.deps.log.info(
        { method: 'UPGRADE', route: route?.template ?? 'unknown', status },
        'request',
      )
    admit(options, { request, stream, path, route }).then(
      (open) => {
        log(101)
        server.handleUpgrade(request, stream, head, (socket) => {
          // It has a listener of its own by now.
          stream.off('error', ignore)
          open(socket)
        })
      },
      (thrown: unknown) => {
        const error = toTidingsError(thrown)
        log(error.httpStatus)
        refuse(stream, refusedPathOf(url), error)
      },
    )
  }
}

interface Upgrade {
  readonly request: IncomingMessage
  readonly stream: Duplex
  readonly path: string
  readonly route: UpgradeRoute | undefined
}

async function admit(
  { deps, caps, stopping }: UpgradeOptions,
  { request, stream, path, route }: Upgrade,
): Promise<(socket: DoorWebSocket) => void> {
  const matched = route?.match(path)
  if (stopping()) throw new TidingsError('UNAVAILABLE')
  if (route === undefined || matched === undefined) throw new TidingsError('NOT_FOUND')
  if (!isOriginAllowed(deps.config, originOf(request))) throw new TidingsError('ORIGIN_REFUSED')
  releaseWith(stream, caps.takeAddress(clientAddress(request, deps.config.trustProxy)))
  return route.admit(request, matched)
}

function refuse(stream: Duplex, path: string, error: TidingsError): void {
  if (!stream.writable) return
  const { code, message } = error
  const body = JSON.stringify(isSeed001Path(path) ? failure(error) : { error: { code, message } })
  const status = error.httpStatus
  stream.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
      'Connection: close',
      'Cache-Control: no-store',
      ...Object.entries(headersOf(error)).map(([name, value]) => `${name}: ${value}`),
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  )
  stream.once('finish', () => stream.destroy())
}
