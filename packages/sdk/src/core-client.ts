import type { Kinds, NoKinds } from '@tidings/protocol/wire'
import type { ConnectionState } from './connection-state.ts'
import { Core } from './core.ts'
import { SYSTEM, type Environment } from './environment.ts'
import type { ClientEvents } from './events.ts'
import type { ClientOptions } from './options.ts'
import { createAccount, type AccountResource } from './resources/account.ts'
import { createConversation, type ConversationResource } from './resources/conversation.ts'
import { createGroup, type GroupResource } from './resources/group.ts'
import { createMessage, type MessageResource } from './resources/message.ts'
import { createPresence, type PresenceResource } from './resources/presence.ts'
import { createSession, type SessionResource } from './resources/session.ts'
import { createSyncCalls, type SyncResource } from './resources/sync.ts'
import { createTyping, type TypingResource } from './resources/typing.ts'
import { createUser, type UserResource } from './resources/user.ts'
import { KeptRows } from './store/kept-rows.ts'

/**
 * A client of one user, without a store: for programs that show nothing. Every call throws {@link TidingsError} and nothing else; `code` is one of a closed list, and
 * `retryable` says whether the same call may succeed later.
 */
export interface CoreClient<K extends Kinds = NoKinds> {
  readonly account: AccountResource
  readonly session: SessionResource
  readonly user: UserResource
  readonly conversation: ConversationResource
  readonly group: GroupResource
  readonly message: MessageResource<K>
  readonly typing: TypingResource
  readonly presence: PresenceResource
  readonly sync: SyncResource
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

/** What {@link createCoreClient} takes. */
export type CoreClientOptions<K extends Kinds> = Omit<ClientOptions<K>, 'tabs' | 'messagesKept'>

/**
 * Makes a client without a store, for bots, servers and scripts, and where every kilobyte counts: connection, calls, events,
 * receipts, and an outbox that is kept. It keeps its positions and what it has still to send in `storage`, and nothing else.
 *
 * @throws TidingsError INVALID_INPUT when the url is none
 * @example
 * ```ts
 * import { createCoreClient } from '@tidings/sdk/core'
 *
 * const bot = createCoreClient({ url: 'http://127.0.0.1:3000' })
 * await bot.account.login({ login: 'ann', password })
 * bot.on('message.created', ({ body: { message } }) => console.log(message.body))
 * await bot.connect()
 * ```
 */
export function createCoreClient<K extends Kinds = NoKinds>(
  options: CoreClientOptions<K>,
): CoreClient<K> {
  const createLocal = (local: ConstructorParameters<typeof KeptRows>[0]): KeptRows =>
    new KeptRows(local)
  const core = new Core<K, KeptRows>({ options, environment: SYSTEM, createLocal })
  return toCoreClient(core, SYSTEM)
}

/** What a client offers, whatever it keeps. */
export function toCoreClient<K extends Kinds>(
  core: Core<K, KeptRows>,
  environment: Environment,
): CoreClient<K> {
  const { rpc, tokens, events } = core
  const typing = createTyping(rpc, environment)
  return {
    account: createAccount({
      rpc,
      tokens,
      environment,
      signIn: (credentials) => core.signIn(credentials),
      disconnect: () => core.disconnect(),
      signOut: () => core.signOut(),
    }),
    session: createSession(rpc),
    user: createUser(rpc),
    conversation: createConversation(rpc, (id) => core.local.tables.conversations.get(id)?.head),
    group: createGroup(rpc, () => environment.newId()),
    message: createMessage({ core, typing, newId: () => environment.newId() }),
    typing: typing.resource,
    presence: createPresence(rpc),
    sync: createSyncCalls(rpc),
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
