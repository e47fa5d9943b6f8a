import { IncomingMessage, ServerResponse, type Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** A part of another server's addresses that is served here. */
export interface Attached {
  /** Nothing new from now on: the other server has its addresses back. */
  stop(): void
  /** Resolves when everything that was under way is answered, or `ms` later. */
  finished(ms: number): Promise<void>
}

export interface AttachOptions {
  /** The server of the app. */
  readonly host: Server
  /** Where clients find us on it: `/tidings`; empty when all of it is ours. */
  readonly path: string
  /** What serves in the end, as if the path were not there. */
  readonly inner: Server
}

/**
 * Serves what comes to the app's server below a path. Its events are taken before its listeners hear of them, whoever adds
 * them and when: frameworks add theirs late.
 */
export function attach({ host, path, inner }: AttachOptions): Attached {
  let underWay = 0
  const waiting = new Set<() => void>()
  const emit: (name: string, ...args: unknown[]) => boolean = host.emit.bind(host)
  const take = (name: string, args: readonly unknown[]): boolean => {
    const [request, second] = args
    if (name !== 'request' && name !== 'upgrade') return false
    if (!(request instanceof IncomingMessage) || !strip(request, path)) return false
    if (second instanceof ServerResponse) {
      underWay += 1
      second.once('close', () => {
        underWay -= 1
        if (underWay === 0) for (const resolve of waiting) resolve()
      })
    }
    inner.emit(name, ...args)
    return true
  }
  const taking = (name: string, ...args: unknown[]): boolean =>
    take(name, args) || emit(name, ...args)
  host.emit = taking
  const refuse = (_request: IncomingMessage, socket: Duplex): void => {
    // Without us, nobody would have listened, and Node would have done much the same.
    if (host.listenerCount('upgrade') === 1)
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
  }
  // Node looks for an upgrade only where somebody listens.
  host.on('upgrade', refuse)
  return {
    stop() {
      if (host.emit === taking) host.emit = emit
      host.off('upgrade', refuse)
    },
    async finished(ms) {
      if (underWay === 0) return
      await new Promise<void>((resolve) => {
        waiting.add(resolve)
        setTimeout(resolve, ms).unref()
      })
    },
  }
}

/** Takes the path off a request's address; false when the address is not below it. */
function strip(request: IncomingMessage, path: string): boolean {
  const { url = '' } = request
  if (!url.startsWith(path)) return false
  const rest = url.slice(path.length)
  if (rest !== '' && !rest.startsWith('/') && !rest.startsWith('?')) return false
  request.url = rest.startsWith('/') ? rest : `/${rest}`
  return true
}
