import type { Kinds, NoKinds } from '@tidings/protocol/wire'
import type { CoreClient } from './core-client.ts'
import type { Store } from './store/store.ts'

/** A client of one user, and what it knows. */
export interface TidingsClient<K extends Kinds = NoKinds> extends CoreClient<K> {
  /** What is known here, to be shown; also without a connection. */
  readonly store: Store<K>
}
