import type { Kinds, NoKinds } from '@tidings/protocol/wire'
import type { ConnectionState } from './connection-state.ts'
import { Core } from './core.ts'
import { SYSTEM, type Environment } from './environment.ts'
import type { ClientEvents } from './events.ts'
import type { Assembled, Assembly } from './news.ts'
import type { ClientOptions } from './options.ts'
import { createAccount, type AccountResource } from './resources/account.ts'
import { createConversation, type ConversationResource } from './resources/conversation.ts'
import { createGroup, type GroupResource } from './resources/group.ts'
import { createMessage, type MessageResource } from './resources/message.ts'
import { createPresence, type PresenceResource } from './resources/presence.ts'
import { createSession, type SessionResource } from './resources/session.ts'
import { createSyncCalls, type SyncResource } from './resources/sync.ts'
import { createTyping, type TypingResource } from './resources/typing.ts'
import { createStore, type Store, type StoreUser } from './store/store.ts'
import { createUser, type UserResource } from './resources/user.ts'

/**
 * A client of one user. Every call throws {@link TidingsError} and nothing else; `code` is one of a closed list, and
 * `retryable` says whether the same call may succeed later.
 */
export interface TidingsClient<K extends Kinds = NoKinds> {
  readonly account: AccountResource
  readonly session: SessionResource
  readonly user: UserResource
  readonly conversation: ConversationResource
  readonly group: GroupResource
  readonly message: MessageResource<K>
  readonly typing: TypingResource
  readonly presence: PresenceResource
  readonly sync: SyncResource
  /** What is known here, to be shown; also without a connection. */
  readonly store: Store<K>
  readonly connection: { readonly state: ConnectionState }
  /** Who is signed in, as far as it is known: from the first sign-in, or the first call after a start. */
  readonly userId: string | undefined
  /**
   * Opens the connection over which events come and calls go, and keeps it open from then on. Resolves when everything
   * that was missed has been told: whatever happens from then on is told as it happens. Rejects when the server refuses
   * this user, or `close` comes first; an unreachable server is waited for. While the client waits to try again, another
   * call tries at once; while connected, it makes sure that the connection is alive (worth doing when a device wakes up
   * or changes its network).
   */
  connect(): Promise<void>
  /**
   * Listens. An event is told once and in the order of its stream, whatever happens to the connection in between; so is
   * what this client sends itself. Answers how to stop listening.
   *
   * @example
   * ```ts
   * const stop = client.on('message.created', ({ body: { message } }) => show(message))
   * ```
   */
  on<Name extends keyof ClientEvents<K>>(
    name: Name,
    listener: (event: ClientEvents<K>[Name]) => void,
  ): () => void
  /** Closes the connection and rejects with CLOSED whatever is under way. The client cannot be used again. */
  close(): Promise<void>
}

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
  const core = new Core<K>(options, environment, seam)
  return { core, client: toClient(core, environment) }
}

/** Both sides are this package. */
function isClient<K extends Kinds>(shared: unknown): shared is TidingsClient<K> {
  return shared !== undefined
}

function toClient<K extends Kinds>(core: Core<K>, environment: Environment): TidingsClient<K> {
  const { rpc, tokens, bodies, events, local } = core
  const typing = createTyping(rpc, environment)
  return {
    account: createAccount({
      rpc,
      tokens,
      signIn: (credentials) => core.signIn(credentials),
      disconnect: () => core.disconnect(),
      signOut: () => core.signOut(),
    }),
    session: createSession(rpc),
    user: createUser(rpc),
    conversation: createConversation(rpc),
    group: createGroup(rpc, () => environment.newId()),
    message: createMessage({ core, typing, newId: () => environment.newId() }),
    typing: typing.resource,
    presence: createPresence(rpc),
    sync: createSyncCalls(rpc),
    store: createStore({
      local,
      bodies,
      connection: () => core.state,
      user: lastOf(() => core.user),
      later: (run) => void environment.after(0, run),
    }),
    connection: {
      get state() {
        return core.state
      },
    },
    get userId() {
      return core.user?.id
    },
    connect: () => core.connect(),
    on: (name, listener) => events.on(name, listener),
    close: () => core.close(),
  }
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
