// All that the core asks of a platform: browsers, workers, Node, Deno, Bun and edge runtimes have it. The core is compiled
// against this file instead of the DOM or Node, so that using anything more is a compile error.
import type { WebSocketClass } from './websocket.ts'

declare global {
  function fetch(
    url: string,
    init: {
      readonly method: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
      readonly signal: AbortSignal
    },
  ): Promise<Response>

  interface Response {
    readonly status: number
    readonly headers: { get(name: string): string | null }
    text(): Promise<string>
  }

  interface AbortSignal {
    readonly aborted: boolean
    addEventListener(type: 'abort', listener: () => void): void
    removeEventListener(type: 'abort', listener: () => void): void
  }

  class AbortController {
    readonly signal: AbortSignal
    abort(): void
  }

  class URL {
    constructor(url: string, base?: string)
    readonly protocol: string
    readonly origin: string
    readonly pathname: string
  }

  /** Where it is missing, one is passed to `createClient`. */
  var WebSocket: WebSocketClass | undefined

  /** Pages and workers have one. */
  var location: { readonly href: string } | undefined

  const crypto: {
    randomUUID(): string
    getRandomValues(bytes: Uint8Array): Uint8Array
  }

  const performance: { now(): number }

  const console: { error(thrown: unknown): void }

  /** A number in browsers, an object in Node. */
  interface Timer {
    readonly __timer: never
  }

  function setTimeout(run: () => void, ms: number): Timer
  function clearTimeout(timer: Timer): void
  function queueMicrotask(run: () => void): void
}
