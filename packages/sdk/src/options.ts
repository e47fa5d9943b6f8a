import { TidingsError, type Kinds } from '@tidings/protocol/wire'
import type { ConnectionTimings } from './connection.ts'
import type { TabSharing } from './news.ts'
import type { ClientStorage } from './storage.ts'
import type { AccessTokenSource, TokenStore } from './tokens.ts'
import type { WebSocketClass } from './websocket.ts'

/** The platform's own `fetch`, whichever types describe it. */
export type Fetch = typeof globalThis extends { fetch: infer F } ? F : never

/** What {@link createClient} takes. */
export interface ClientOptions<K extends Kinds> {
  /** The server, `https://chat.example.org`; a path before `/trpc` may follow. In a browser it may be relative. */
  readonly url: string
  /** The app's own message kinds: the same record that the server has. @default no kinds of its own: texts, images and videos */
  readonly kinds?: K | undefined
  /** Where the sign-in is kept. @default in memory */
  readonly tokens?: TokenStore | undefined
  /** Gets access tokens elsewhere, for apps that sign their users in by themselves. @default the sign-in of `tokens` */
  readonly accessToken?: AccessTokenSource | undefined
  /**
   * Where the client keeps what it knows and what it has still to send; see {@link ClientStorage}.
   * @default in memory
   */
  readonly storage?: ClientStorage | undefined
  /**
   * Makes the clients of several tabs of a browser one client with one connection and one outbox: `shareTabs` of
   * `@tidings/sdk/tabs`.
   * @default each tab for itself
   */
  readonly tabs?: TabSharing | undefined
  /** The newest messages of a conversation that are kept; older ones are fetched when they are wanted. @default 1000 */
  readonly messagesKept?: number | undefined
  /**
   * Who says that messages have arrived here: the client, once they are kept (`automatic`), or the app, by
   * `message.delivered`.
   * @default 'automatic'
   */
  readonly delivered?: 'automatic' | 'manual' | undefined
  /**
   * What a client without saved positions does with streams that exist already: begin at their newest event (`from-head`;
   * history is fetched by `message.list`), or be told everything from the beginning (`from-start`).
   * @default 'from-head'
   */
  readonly catchUp?: 'from-head' | 'from-start' | undefined
  /** The WebSocket class. @default the platform's own; in Node the one of the `ws` package */
  readonly WebSocket?: WebSocketClass | undefined
  /** @default the platform's own */
  readonly fetch?: Fetch | undefined
  /** A call without an answer fails with NETWORK after so long, milliseconds. @default 15_000 */
  readonly callTimeoutMs?: number | undefined
  /** A try to connect is given up after so long, milliseconds. @default 10_000 */
  readonly connectTimeoutMs?: number | undefined
  /** A connection that was quiet for so long is asked for a sign of life, milliseconds. @default 15_000 */
  readonly pingIntervalMs?: number | undefined
  /** Without a sign of life within so long after asking, it is replaced, milliseconds. @default 5_000 */
  readonly pingTimeoutMs?: number | undefined
}

/** The timings of {@link ClientOptions}, complete. */
export function timingsOf(options: ClientOptions<Kinds>): ConnectionTimings {
  return {
    callMs: options.callTimeoutMs ?? 15_000,
    connectMs: options.connectTimeoutMs ?? 10_000,
    pingMs: options.pingIntervalMs ?? 15_000,
    pongMs: options.pingTimeoutMs ?? 5_000,
  }
}

/** Where tRPC is served over HTTP and over WebSocket. */
export function addressesOf(url: string): { readonly http: string; readonly webSocket: string } {
  let base: URL
  try {
    base = new URL(url, globalThis.location?.href)
  } catch {
    throw new TidingsError('INVALID_INPUT', 'createClient({ url }) is not a URL.')
  }
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new TidingsError(
      'INVALID_INPUT',
      'createClient({ url }) must begin with http: or https:.',
    )
  }
  const http = `${base.origin}${base.pathname.replace(/\/+$/, '')}/trpc`
  return { http, webSocket: `${http.replace(/^http/, 'ws')}?connectionParams=1` }
}
