import type { Event, Signal, TidingsError } from '@tidings/protocol/wire'
import type { ConnectionState } from './connection-state.ts'
import type { StreamRestarted } from './events.ts'
import type { Call } from './frames.ts'
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

/** Makes clients that are one client in several tabs: what `shareTabs` of `@tidings/sdk/tabs` answers. */
export interface TabSharing {
  /** Of use to `createClient` alone: makes a client of its parts. */
  readonly share: (parts: unknown) => unknown
}
