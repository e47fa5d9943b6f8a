import type {
  ConnectionState,
  ConversationItem,
  ConversationList,
  Kinds,
  MemberItem,
  NotificationList,
  Presence,
  StoreUser,
  TidingsClient,
} from '../index.ts'
import { usePart, useReadable, useSelected } from './use-readable.ts'

const NO_CONVERSATIONS: { readonly items: readonly never[]; readonly complete: boolean } = {
  items: [],
  complete: false,
}
const NO_NOTIFICATIONS: NotificationList = {
  items: [],
  unread: 0,
  hasOlder: false,
  complete: false,
}
const NOBODY: readonly never[] = []
const NOT_CONNECTED: ConnectionState = {
  state: 'disconnected',
  reason: 'idle',
  error: undefined,
}

export function useConversationsOf<K extends Kinds>(client: TidingsClient<K>): ConversationList<K> {
  const part = usePart(() => client.store.conversations, [client])
  return useReadable<ConversationList<K>>(part, NO_CONVERSATIONS)
}

export function useConversationOf<K extends Kinds>(
  client: TidingsClient<K>,
  id: string,
): ConversationItem<K> | undefined {
  const part = usePart(() => client.store.conversation(id), [client, id])
  return useReadable(part, undefined)
}

export function useUnreadOf<K extends Kinds>(
  client: TidingsClient<K>,
  id: string | undefined,
): number {
  const part = usePart(
    () => (id === undefined ? client.store.unread : client.store.conversation(id)),
    [client, id],
  )
  return useSelected<number | ConversationItem<K> | undefined, number>(part, unreadIn, 0)
}

function unreadIn(value: number | { readonly unread: number } | undefined): number {
  return typeof value === 'number' ? value : (value?.unread ?? 0)
}

export function useMembersOf<K extends Kinds>(
  client: TidingsClient<K>,
  id: string,
): readonly MemberItem[] {
  const part = usePart(() => client.store.members(id), [client, id])
  return useReadable(part, NOBODY)
}

export function useNotificationsOf<K extends Kinds>(client: TidingsClient<K>): NotificationList {
  const part = usePart(() => client.store.notifications, [client])
  return useReadable(part, NO_NOTIFICATIONS)
}

export function usePresenceOf<K extends Kinds>(
  client: TidingsClient<K>,
  userId: string,
): Presence | undefined {
  const part = usePart(() => client.store.presence(userId), [client, userId])
  return useReadable(part, undefined)
}

export function useConnectionOf<K extends Kinds>(client: TidingsClient<K>): ConnectionState {
  const part = usePart(() => client.store.connection, [client])
  return useReadable(part, NOT_CONNECTED)
}

export function useUserOf<K extends Kinds>(client: TidingsClient<K>): StoreUser | undefined {
  const part = usePart(() => client.store.user, [client])
  return useReadable(part, undefined)
}
