import { TidingsError } from '@tidings/protocol/wire'
import type { WebSocketClass } from './websocket.ts'

/** The platform's own. */
export function loadWebSocket(): Promise<WebSocketClass> {
  if (globalThis.WebSocket !== undefined) return Promise.resolve(globalThis.WebSocket)
  const message = 'This platform has no WebSocket: pass one as createClient({ WebSocket }).'
  return Promise.reject(new TidingsError('INVALID_INPUT', message))
}
