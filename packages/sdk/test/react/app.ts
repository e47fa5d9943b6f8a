import {
  createElement as element,
  memo,
  useEffect,
  useLayoutEffect,
  type ReactElement,
  type ReactNode,
} from 'react'
import type { ConversationItem, MessageItem, NoKinds, TidingsClient } from '../../src/index.ts'
import {
  TidingsProvider,
  useConnection,
  useConversation,
  useConversations,
  useMembers,
  useMessages,
  usePresence,
  useSend,
  useTyping,
  useUnread,
  useUser,
  type MessageActions,
  type Messages,
  type Typing,
} from '../../src/react/index.ts'

/** What the components have done and been given, for tests to look at. */
export const seen = {
  /** How often each component was rendered. */
  renders: new Map<string, number>(),
  /** For each commit of the list of messages: whose it should be, and whose they are. */
  commits: [] as { id: string; of: string[]; loading: boolean }[],
  messages: undefined as Messages<NoKinds> | undefined,
  actions: undefined as MessageActions<NoKinds> | undefined,
  typing: undefined as Typing | undefined,
}

function rendered(component: string): void {
  seen.renders.set(component, (seen.renders.get(component) ?? 0) + 1)
}

const textOf = (message: MessageItem<NoKinds> | undefined): string =>
  message?.body.kind === 'text' ? message.body.text : (message?.body.kind ?? '')

const Row = memo(({ item }: { readonly item: ConversationItem<NoKinds> }): ReactElement => {
  rendered(`row ${item.id}`)
  return element('li', {}, `${item.peer?.username}: ${textOf(item.lastMessage)} (${item.unread})`)
})

function List(): ReactElement {
  rendered('list')
  const { items } = useConversations()
  const rows = items.map((item) => element(Row, { key: item.id, item }))
  return element('ul', { id: 'list' }, rows)
}

const Message = memo(({ message }: { readonly message: MessageItem<NoKinds> }): ReactElement => {
  rendered(`message ${textOf(message)}`)
  return element('li', {}, `${textOf(message)} (${message.state})`)
})

function MessageList({ id }: { readonly id: string }): ReactElement {
  rendered('messages')
  const messages = useMessages(id)
  useLayoutEffect(() => {
    const of = messages.items.map(({ conversationId }) => conversationId)
    seen.commits.push({ id, of, loading: messages.loading })
    seen.messages = messages
  })
  const rows = messages.items.map((message) => element(Message, { key: message.key, message }))
  return element('ol', { id: 'messages' }, rows)
}

function Composer({ id }: { readonly id: string }): ReactElement {
  rendered('composer')
  seen.actions = useSend(id)
  return element('input', {})
}

/** Sends before anybody has begun to listen. */
export function Hasty({ id, text }: { readonly id: string; readonly text: string }): ReactElement {
  const { send } = useSend(id)
  useLayoutEffect(() => {
    void send(text)
  }, [send, text])
  return element('i', {})
}

function TypingLine({ id }: { readonly id: string }): ReactElement {
  rendered('typing')
  seen.typing = useTyping(id)
  const members = useMembers(id)
  const names = seen.typing.userIds.map(
    (userId) => members.find((member) => member.userId === userId)?.username,
  )
  return element('p', { id: 'typing' }, names.join())
}

function MemberList({ id }: { readonly id: string }): ReactElement {
  rendered('members')
  const names = useMembers(id).map(({ username }) => username)
  return element('p', { id: 'members' }, names.toSorted().join())
}

function Presence({ id }: { readonly id: string }): ReactElement {
  rendered('presence')
  const peer = useConversation(id)?.peer
  const presence = usePresence(peer?.id ?? '')
  return element('p', { id: 'presence' }, presence?.online === true ? 'online' : 'offline')
}

function Badge({ id }: { readonly id?: string | undefined }): ReactElement {
  rendered(id === undefined ? 'badge' : `badge ${id}`)
  return element('b', { id: id === undefined ? 'badge' : 'own-badge' }, useUnread(id))
}

function Connection(): ReactElement {
  rendered('connection')
  return element('p', { id: 'connection' }, useConnection().state)
}

function User(): ReactElement {
  rendered('user')
  return element('p', { id: 'user' }, useUser()?.username ?? 'nobody')
}

/** Everything that an app of one page has. */
export function App({ id }: { readonly id: string | undefined }): ReactElement {
  const open =
    id === undefined
      ? []
      : [MessageList, Composer, TypingLine, MemberList, Presence, Badge].map((part, index) =>
          element<{ id: string }>(part, { key: index, id }),
        )
  return element(
    'main',
    {},
    ...[User, Connection, Badge, List].map((part) => element(part)),
    ...open,
  )
}

/** Says on the way out that it was there: what StrictMode does twice. */
export function Effects({ children }: { readonly children: ReactNode }): ReactNode {
  useEffect(() => {
    rendered('effect')
  }, [])
  return children
}

export function provide(client: TidingsClient, children: ReactNode): ReactElement {
  return element(TidingsProvider, { client }, children)
}
