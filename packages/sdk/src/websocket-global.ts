import { TidingsError } from '@tidings/protocol/wire'
import type { WebSocketClass } from './websocket.ts'

/** The platform's own. */
export function loadWebSocket(): Promise<WebSocketClass> {
  const platform: { readonly WebSocket?: WebSocketClass } = globalThis
  if (platform.WebSocket !== undefined) return Promise.resolve(platform.WebSocket)
  const message = 'This platform has no WebSocket: pass one as createClient({ WebSocket }).'
  return Promise.reject(new TidingsError('INVALID_INPUT', message))
}
