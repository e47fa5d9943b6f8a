import { element, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import { count, timeOf, titleOf } from '../words.ts'
import type { ConversationParts } from './conversation-area.ts'
import { writing } from './conversation-list.ts'
import { groupPanel } from './group-panel.ts'
import { menu } from './menu.ts'

/** What the conversation is called, who is there, who writes. */
export function conversationHeader(parts: ConversationParts, titleId: string): HTMLElement {
  const { person, scope, conversationId, opened } = parts
  const { store } = person.client
  const title = element('h3', { id: titleId })
  const line = element('p', { class: 'line' })
  const members = menu({ label: 'Members', icon: 'people', content: () => groupPanel(parts) })
  const close = element('button', {
    type: 'button',
    class: 'plain',
    title: 'Close the conversation',
  })
  close.append(icon('close'), element('span', { class: 'unseen' }, 'Close the conversation'))
  close.addEventListener('click', () => opened.set(undefined))

  const item = store.conversation(conversationId)
  const typing = store.typing(conversationId)
  const showLine = (): void => {
    const typists = typing.get().map((userId) => person.names.of(userId))
    line.classList.toggle('typing', typists.length > 0)
    setText(line, typists.length > 0 ? writing(typists) : whereabouts(parts))
  }
  let peerId: string | undefined
  scope.watch(item, (shown) => {
    setText(title, shown === undefined ? 'Opening …' : titleOf(shown))
    members.hidden = shown?.kind !== 'group'
    if (shown?.peer !== undefined && shown.peer !== null && shown.peer.id !== peerId) {
      peerId = shown.peer.id
      scope.watch(store.presence(peerId), showLine)
    }
    showLine()
  })
  scope.watch(typing, showLine)
  scope.watch(person.names.changes, showLine)
  scope.watch(store.members(conversationId), (all) => {
    for (const { userId, username } of all) person.names.learn({ id: userId, username })
  })
  return element('header', { class: 'bar' }, element('div', {}, title, line), members, close)
}

function whereabouts({ person, conversationId }: ConversationParts): string {
  const { store } = person.client
  const item = store.conversation(conversationId).get()
  if (item === undefined) return ''
  if (item.peer === null) return count(item.memberCount, 'member')
  const presence = store.presence(item.peer.id).get()
  if (presence === undefined) return ''
  if (presence.online) return 'online'
  return presence.lastSeenAt === null ? 'offline' : `last here at ${timeOf(presence.lastSeenAt)}`
}
