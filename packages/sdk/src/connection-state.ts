import type { TidingsError } from '@tidings/protocol/wire'

/**
 * Where a client's connection stands.
 *
 * - `disconnected`: nothing happens by itself. `idle`: `connect` was not called. `closed`: `close` was. `signedOut`: the
 *   user has signed out. `refused`: the server does not want this client back, and `error` says why.
 * - `connecting`: try number `attempt` (from 1) is under way, or follows in `retryInMs`. `error` ended the last one.
 * - `connected`: the server pushes events.
 */
export type ConnectionState =
  | {
      readonly state: 'disconnected'
      readonly reason: 'idle' | 'closed' | 'signedOut' | 'refused'
      readonly error: TidingsError | undefined
    }
  | {
      readonly state: 'connecting'
      readonly attempt: number
      readonly retryInMs: number
      readonly error: TidingsError | undefined
    }
  | { readonly state: 'connected' }

/** Why a client gives up for now. */
export type DisconnectReason = Extract<ConnectionState, { state: 'disconnected' }>['reason']
