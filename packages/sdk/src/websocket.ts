/** The part of the standard WebSocket that is used; browsers, Node, Deno, Bun, workers and `ws` have it. */
export interface WebSocketLike {
  readonly readyState: number
  send(text: string): void
  close(code?: number, reason?: string): void
  /** Ends a connection without waiting for the other side; `ws` has it, browsers do not. */
  terminate?(): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: CloseLike) => void): void
}

/** What the `close` event of a WebSocket says. */
export interface CloseLike {
  readonly code: number
  readonly reason: string
}

/** A WebSocket class: the global one, or `import { WebSocket } from 'ws'`. */
export interface WebSocketClass {
  new (url: string): WebSocketLike
}
