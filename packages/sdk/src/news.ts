import type { Event, Kinds, Signal, TidingsError } from '@tidings/protocol/wire'
import type { TidingsClient } from './client.ts'
import type { ConnectionState } from './connection-state.ts'
import type { Core } from './core.ts'
import type { Environment } from './environment.ts'
import type { StreamRestarted } from './events.ts'
import type { Call } from './frames.ts'
import type { ClientOptions } from './options.ts'
import type { RowChange } from './store/rows.ts'

/** What happens in a client, for others that show the same. */
export type News =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'reset'; readonly restarted: StreamRestarted }
  /** `isStep`: what the events and resets since the last step have led to. */
  | { readonly kind: 'rows'; readonly changes: readonly RowChange[]; readonly isStep: boolean }
  | { readonly kind: 'sending'; readonly orders: readonly number[]; readonly isSending: boolean }
  | { readonly kind: 'signal'; readonly signal: Signal }
  | { readonly kind: 'state'; readonly state: ConnectionState }
  | { readonly kind: 'caughtUp' }
  /** Everything that was known is forgotten. */
  | { readonly kind: 'cleared' }
  | { readonly kind: 'error'; readonly error: TidingsError }

/** Where a client that is not alone is joined to the others. */
export interface Seam {
  readonly tell: (news: News) => void
  /** Makes a call by `own`, or has somebody else make it. */
  readonly call: (call: Call, own: (call: Call) => Promise<unknown>) => Promise<unknown>
}

/** A client and what it is made of. */
export interface Assembled<K extends Kinds> {
  readonly client: TidingsClient<K>
  readonly core: Core<K>
}

/** What it takes to make a client that is not alone. */
export interface Assembly<K extends Kinds> {
  readonly options: ClientOptions<K>
  readonly environment: Environment
  readonly assemble: (parts: {
    readonly options: ClientOptions<K>
    readonly environment: Environment
    readonly seam?: Seam | undefined
  }) => Assembled<K>
}

/** Makes clients that are one client in several tabs: what `shareTabs` of `@tidings/sdk/tabs` answers. */
export interface TabSharing {
  /** Of use to `createClient` alone: makes a client of its parts. */
  readonly share: (parts: unknown) => unknown
}
