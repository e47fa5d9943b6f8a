import type { LiveTransport } from '../realtime/live-queue.ts'
import type { Actor } from '../services/actor.ts'
import type { Deps } from '../services/deps.ts'

/** Which way a call came in, and from where. `origin` is the browser's Origin header; null when there was none. */
export interface Source {
  readonly door: 'http' | 'websocket' | 'numbered' | 'seed-001' | 'rest' | 'pages' | 'local'
  readonly ip: string
  readonly origin: string | null
}

/** The WebSocket that a call came over. */
export type Transport = LiveTransport

/** What every procedure gets. Kept to four fields: it is copied for each call. */
export interface Context {
  readonly deps: Deps
  readonly actor: Actor | null
  readonly source: Source
  /** Null over HTTP. */
  readonly transport: Transport | null
}
