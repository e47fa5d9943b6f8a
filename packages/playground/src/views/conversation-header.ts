import { element, hiddenText, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import { count, timeOf, titleOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'
import { writing } from './conversation-list.ts'
import { groupPanel } from './group-panel.ts'
import { menu } from './menu.ts'
import { ownPanel } from './own-panel.ts'

/** What the conversation is called, who is there, who writes. */
export function conversationHeader(parts: ConversationParts): HTMLElement {
  const { person, scope, conversationId } = parts
  const { store } = person.client
  const title = element('h3', {})
  const line = element('p', { class: 'line' })
  const members = menu({
    label: 'Members',
    icon: 'people',
    content: (_, panelScope) => groupPanel({ ...parts, scope: panelScope }),
  })
  const own = menu({
    label: 'For yourself',
    icon: 'more',
    content: (close) => ownPanel(parts, close),
  })
  const typing = store.typing(conversationId)
  const showLine = (): void => {
    const typists = typing.get().map((userId) => person.names.of(userId))
    line.classList.toggle('typing', typists.length > 0)
    setText(line, typists.length > 0 ? writing(typists) : whereabouts(parts))
  }
  let peerId: string | undefined
  scope.watch(store.conversation(conversationId), (shown) => {
    setText(title, shown === undefined ? 'Opening …' : titleOf(shown))
    members.hidden = shown?.kind !== 'group'
    if (peerId !== shown?.peer?.id) {
      peerId = shown?.peer?.id
      if (peerId !== undefined) scope.watch(store.presence(peerId), showLine)
    }
    showLine()
  })
  scope.watch(typing, showLine)
  scope.watch(person.names.changes, showLine)
  scope.watch(store.members(conversationId), (all) => {
    for (const { userId, username } of all) person.names.learn({ id: userId, username })
  })
  const inside = [element('div', {}, title, line), members, own, closeButton(parts)]
  return element('header', { class: 'bar' }, ...inside)
}

function closeButton({ opened }: ConversationParts): HTMLElement {
  const label = 'Close the conversation'
  const button = element('button', { type: 'button', class: 'plain', title: label })
  button.append(icon('close'), hiddenText(label))
  button.addEventListener('click', () => opened.set(undefined))
  return button
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
