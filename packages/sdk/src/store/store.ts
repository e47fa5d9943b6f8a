import {
  CLIENT_LIMITS,
  type Block,
  type Contact,
  type Kinds,
  type Profile,
} from '@tidings/protocol/wire'
import type { ConnectionState } from '../connection-state.ts'
import type { BodyCheck } from '../kinds.ts'
import type { Rpc } from '../rpc.ts'
import type { Readable } from '../readable.ts'
import type { ConversationItem, MemberItem } from './items.ts'
import type { LocalStore } from './local-store.ts'
import { toNotificationList, type NotificationList } from './notifications.ts'
import { createPeople, type PeopleOptions } from './people.ts'
import type { Presence } from './presence.ts'
import { Items, view, watched, type ConversationList, type MessageListState } from './views.ts'

/** The messages of one conversation, for as long as somebody subscribes. */
export interface MessageList<K extends Kinds> extends Readable<MessageListState<K>> {
  /**
   * Brings the page before the oldest message at hand; it joins without a hole.
   * @throws TidingsError what the server answers, NETWORK when it cannot be asked
   */
  loadOlder(): Promise<void>
}

/** Who is signed in. */
export interface StoreUser {
  readonly id: string
  readonly username: string
}

/**
 * What this client knows, kept up to date by every event, in the form in which an app shows it. Everything works without
 * a connection, with what was kept. What a `Readable` answers is the same object until it changes, down to the row of a
 * list.
 *
 * @example
 * ```ts
 * const messages = client.store.messages(conversationId)
 * const stop = messages.subscribe(() => show(messages.get().items))
 * ```
 */
export interface Store<K extends Kinds> {
  /** Those that are pinned first, then the most recently active one; none that is hidden. */
  readonly conversations: Readable<ConversationList<K>>
  /** Undefined for one that is not the user's, or not known yet. */
  conversation(conversationId: string): Readable<ConversationItem<K> | undefined>
  /** Subscribing brings the newest messages. */
  messages(conversationId: string): MessageList<K>
  /** Subscribing brings them; until then nobody. */
  members(conversationId: string): Readable<readonly MemberItem[]>
  /** Ids of the others who are writing. */
  typing(conversationId: string): Readable<readonly string[]>
  /** Subscribing asks for it; unknown without a connection, and for who shares no conversation with the user. */
  presence(userId: string): Readable<Presence | undefined>
  /** Subscribing asks for them, and again whenever one changes; none until then. */
  readonly contacts: Readable<readonly Contact[]>
  /** Whom the user has blocked; as `contacts`. */
  readonly blocks: Readable<readonly Block[]>
  /** Subscribing asks for it, and again with each new connection; undefined for one who cannot be found. */
  profile(userId: string): Readable<Profile | undefined>
  /** Messages of others that the user has not read, in all conversations. */
  readonly unread: Readable<number>
  /** The user's system notifications. Subscribing brings them. */
  readonly notifications: Readable<NotificationList>
  readonly connection: Readable<ConnectionState>
  /** Undefined while nobody is signed in, or it is not known yet. */
  readonly user: Readable<StoreUser | undefined>
  /** Resolves when what was kept is loaded; takes no network. Subscribing and `connect` begin it too. */
  load(): Promise<void>
}

export interface StoreOptions<K extends Kinds> {
  readonly local: LocalStore
  readonly bodies: BodyCheck<K>
  readonly rpc: Rpc
  readonly events: PeopleOptions<K>['events']
  readonly connection: () => ConnectionState
  readonly user: () => StoreUser | undefined
  /** Runs something a moment later. */
  readonly later: (run: () => void) => void
}

const NOBODY: readonly MemberItem[] = []

/** The views of what a client knows. */
export function createStore<K extends Kinds>(options: StoreOptions<K>): Store<K> {
  const { local, bodies, connection, user } = options
  const { subjects, tables } = local
  const items = new Items(local, bodies)
  const loading = createLoading(options)
  const people = createPeople({ ...options, subjects, loading })
  const conversations = view<ConversationList<K>>(subjects, 'conversations', (before) =>
    items.conversations(before),
  )
  return {
    conversations: loading(conversations),
    conversation: byId((id) => {
      const rowOf = (): ConversationItem<K> | undefined => {
        const row = tables.conversations.get(id)
        return row && items.conversation(row)
      }
      return loading(view(subjects, `conversation/${id}`, rowOf))
    }),
    messages: byId((id) => createMessageList(options, { id, items, loading })),
    members: byId((id) => {
      const members = view(subjects, `members/${id}`, () => tables.members.get(id) ?? NOBODY)
      return loading(members, () => local.roster.watch(id))
    }),
    typing: byId((id) => view(subjects, `typing/${id}`, () => local.typing.of(id))),
    presence: byId((id) => {
      const presence = view(subjects, `presence/${id}`, () => local.presence.of(id))
      return loading(presence, () => local.presence.watch(id))
    }),
    notifications: loading(
      view(subjects, 'notifications', () => toNotificationList(tables.notifications)),
      () => local.notifications.watch(),
    ),
    ...{ contacts: people.contacts, blocks: people.blocks },
    profile: byId((id) => people.profile(id)),
    unread: loading(view(subjects, 'unread', () => tables.unread)),
    connection: { get: connection, subscribe: (heard) => subjects.subscribe('connection', heard) },
    user: { get: user, subscribe: (heard) => subjects.subscribe('user', heard) },
    load: () => local.load(),
  }
}

/** Makes a view that has what is kept loaded, and something watched, while somebody looks. */
type Loading = <T>(readable: Readable<T>, watch?: () => () => void) => Readable<T>

function createLoading<K extends Kinds>({ local, later }: StoreOptions<K>): Loading {
  return (readable, watch) => {
    const begin = (): (() => void) => {
      // A storage that fails tells so when the client connects.
      void local.load().catch(() => undefined)
      return watch?.() ?? (() => undefined)
    }
    return watched(readable, begin, later)
  }
}

interface MessageListParts<K extends Kinds> {
  readonly id: string
  readonly items: Items<K>
  readonly loading: Loading
}

function createMessageList<K extends Kinds>(
  { local }: StoreOptions<K>,
  { id, items, loading }: MessageListParts<K>,
): MessageList<K> {
  const list = view<MessageListState<K>>(local.subjects, `messages/${id}`, (before) =>
    items.messages(id, before),
  )
  return {
    ...loading(list, () => watchMessages(local, id)),
    async loadOlder() {
      await local.load()
      local.history.show(id)
      await local.history.older(id)
    },
  }
}

/** One view for each id: who asks twice gets the same one. */
function byId<View>(make: (id: string) => View): (id: string) => View {
  const known = new Map<string, View>()
  return (id) => {
    const made = known.get(id) ?? make(id)
    known.set(id, made)
    return made
  }
}

/** While messages are shown, their ticks are too: in a small group they take everybody's marks. */
function watchMessages(local: LocalStore, id: string): () => void {
  let unwatch: (() => void) | undefined
  const look = (): void => {
    const row = local.tables.conversations.get(id)
    const isSmall = row?.kind === 'group' && row.memberCount <= CLIENT_LIMITS.receiptMembers
    if (isSmall) unwatch ??= local.roster.watch(id)
  }
  // The conversation may become known only later.
  const stop = local.subjects.subscribe(`conversation/${id}`, look)
  look()
  local.history.show(id)
  return () => {
    stop()
    unwatch?.()
    local.history.hide(id)
  }
}
