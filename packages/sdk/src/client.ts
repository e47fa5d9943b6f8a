import type { Kinds, NoKinds } from '@tidings/protocol/wire'
import type { Assembled, Assembly } from './assembly.ts'
import { toCoreClient } from './core-client.ts'
import { Core } from './core.ts'
import { SYSTEM, type Environment } from './environment.ts'
import type { ClientOptions } from './options.ts'
import { createAdmin } from './resources/admin.ts'
import { createBlock } from './resources/block.ts'
import { createContact } from './resources/contact.ts'
import { createNotification } from './resources/notification.ts'
import { createIdentity } from './resources/identity.ts'
import { createOAuth } from './resources/oauth.ts'
import { LocalStore } from './store/local-store.ts'
import { createStore, type StoreUser } from './store/store.ts'
import type { TidingsClient } from './tidings-client.ts'

/**
 * Makes a client. Nothing is sent before the first call.
 *
 * @throws TidingsError INVALID_INPUT when the url is none
 * @example
 * ```ts
 * const client = createClient({ url: 'http://127.0.0.1:3000' })
 * await client.account.login({ login: 'ann', password })
 * client.on('message.created', ({ body: { message } }) => console.log(message.body))
 * await client.connect()
 * ```
 */
export function createClient<K extends Kinds = NoKinds>(
  options: ClientOptions<K>,
): TidingsClient<K> {
  return createClientIn(options, SYSTEM)
}

/** {@link createClient} in an environment of one's choice. */
export function createClientIn<K extends Kinds>(
  options: ClientOptions<K>,
  environment: Environment,
): TidingsClient<K> {
  const alone = { options, environment }
  const parts: Assembly<K> = { ...alone, assemble }
  const shared = options.tabs?.share(parts)
  return isClient<K>(shared) ? shared : assemble(alone).client
}

function assemble<K extends Kinds>({
  options,
  environment,
  seam,
}: Parameters<Assembly<K>['assemble']>[0]): Assembled<K> {
  const createLocal = (local: ConstructorParameters<typeof LocalStore>[0]): LocalStore =>
    new LocalStore(local)
  const core = new Core<K>({ options, environment, createLocal, seam })
  return { core, client: toClient(core, environment) }
}

/** Both sides are this package. */
function isClient<K extends Kinds>(shared: unknown): shared is TidingsClient<K> {
  return shared !== undefined
}

function toClient<K extends Kinds>(core: Core<K>, environment: Environment): TidingsClient<K> {
  const { bodies, local } = core
  const store = createStore({
    local,
    bodies,
    rpc: core.rpc,
    events: core.events,
    connection: () => core.state,
    user: lastOf(() => core.user),
    later: (run) => void environment.after(0, run),
  })
  const { rpc } = core
  const more = {
    store,
    contact: createContact(rpc),
    block: createBlock(rpc),
    identity: createIdentity(rpc, (credentials) => core.signIn(credentials)),
    notification: createNotification(rpc, () => environment.newId()),
    oauth: createOAuth(rpc),
    admin: createAdmin(rpc),
  }
  return Object.assign(toCoreClient(core, environment), more)
}

/** The same answer as long as it says the same. */
function lastOf(user: () => StoreUser | undefined): () => StoreUser | undefined {
  let last: StoreUser | undefined
  return () => {
    const now = user()
    if (now?.id !== last?.id || now?.username !== last?.username)
      last = now && { id: now.id, username: now.username }
    return last
  }
}
