import type { Kinds, NoKinds } from '@tidings/protocol/wire'
import type { CoreClient } from './core-client.ts'
import type { AdminResource } from './resources/admin.ts'
import type { BlockResource } from './resources/block.ts'
import type { ContactResource } from './resources/contact.ts'
import type { NotificationResource } from './resources/notification.ts'
import type { IdentityResource } from './resources/identity.ts'
import type { OAuthResource } from './resources/oauth.ts'
import type { Store } from './store/store.ts'

/** A client of one user, and what it knows. */
export interface TidingsClient<K extends Kinds = NoKinds> extends CoreClient<K> {
  readonly contact: ContactResource
  readonly block: BlockResource
  /** System notifications: the user's own, and for administrators sending them. */
  readonly notification: NotificationResource
  readonly identity: IdentityResource
  /** What is known here, to be shown; also without a connection. */
  readonly store: Store<K>
  readonly oauth: OAuthResource
  readonly admin: AdminResource
}
