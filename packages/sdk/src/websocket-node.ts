import type { WebSocketClass } from './websocket.ts'

/** Node 20 has no WebSocket of its own. Loaded at the first connection, so that calls over HTTP alone never pay for it. */
export async function loadWebSocket(): Promise<WebSocketClass> {
  const { WebSocket } = await import('ws')
  return WebSocket
}
