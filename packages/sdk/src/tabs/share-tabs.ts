import type { Kinds } from '@tidings/protocol/wire'
import type { TidingsClient } from '../tidings-client.ts'
import type { Assembly } from '../assembly.ts'
import type { TabSharing } from '../news.ts'
import { given } from './messages.ts'
import { findPlatform, type TabPlatform } from './platform.ts'
import { TabClient } from './tab-client.ts'

/**
 * Makes the clients of all tabs that give the same name one client: one connection, one outbox, one that writes to the
 * storage. Everything works alike in each of them. When the tab that has the connection is closed or dies, another one
 * takes over at once; one that hangs, or that the browser has put to sleep, is replaced after two seconds when somebody
 * waits for it.
 *
 * Give every tab the same options. With a storage that tabs share (`indexedDbStorage`) what is known outlives them all.
 * Where the browser has no Web Locks (old ones, pages without TLS) each tab is a client of its own.
 *
 * @example
 * ```ts
 * const client = createClient({ url, storage: indexedDbStorage('tidings'), tabs: shareTabs('tidings') })
 * ```
 */
export function shareTabs(name: string): TabSharing {
  return shareTabsOn(name, findPlatform())
}

/** {@link shareTabs} on a platform of one's choice; without one each tab is a client of its own. */
export function shareTabsOn(name: string, platform: TabPlatform | undefined): TabSharing {
  return { share: (parts) => share({ name, platform }, given<Assembly<Kinds>>(parts)) }
}

function share<K extends Kinds>(
  { name, platform }: { readonly name: string; readonly platform: TabPlatform | undefined },
  assembly: Assembly<K>,
): TidingsClient<K> {
  if (platform !== undefined) return toClient(new TabClient(name, platform, assembly))
  const { assemble, options, environment } = assembly
  const page: { readonly isSecureContext?: boolean } = globalThis
  // Tabs that know nothing of one another must not write to one storage.
  const storage = page.isSecureContext === false ? undefined : options.storage
  return assemble({ options: { ...options, storage }, environment }).client
}

function toClient<K extends Kinds>(tab: TabClient<K>): TidingsClient<K> {
  const { client, core } = tab.parts
  const once = <T>(path: string, input?: unknown): Promise<T> => ask(tab, { path, input }, false)
  const again = <T>(path: string, input?: unknown): Promise<T> => ask(tab, { path, input }, true)
  return {
    ...client,
    get userId() {
      return client.userId
    },
    account: {
      ...client.account,
      register: (input) => once('account.register', input),
      login: (input) => once('account.login', input),
      refresh: () => once('account.refresh'),
      logout: () => once('account.logout'),
    },
    identity: {
      ...client.identity,
      complete: (input) => once('identity.complete', input),
    },
    message: {
      ...client.message,
      retry: ({ clientMessageId }) =>
        core.speaker.retry(clientMessageId, () => once('message.retry', { clientMessageId })),
      edit: (input) => again('message.edit', input),
      delete: (input) => again('message.delete', input),
      discard: (input) => once('message.discard', input),
      delivered: (input) => quiet(again('message.delivered', input)),
      read: (input) => quiet(again('message.read', input)),
    },
    async connect() {
      await again('connect')
      await tab.level
    },
    close: () => tab.close(),
  }
}

async function ask<K extends Kinds, T>(
  tab: TabClient<K>,
  request: { readonly path: string; readonly input: unknown },
  isRepeatable: boolean,
): Promise<T> {
  return given<T>(await tab.seat.ask(request, isRepeatable).answer)
}

/** Who does not wait for a receipt need not handle its failure either. */
function quiet(marked: Promise<void>): Promise<void> {
  marked.catch(() => undefined)
  return marked
}
