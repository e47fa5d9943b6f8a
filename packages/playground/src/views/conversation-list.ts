import { element, setText } from '../dom.ts'
import type { Person } from '../person.ts'
import { Scope } from '../scope.ts'
import type { ShownConversation } from '../shown.ts'
import { showUnread } from './unread.ts'
import { count, listed, textOf, timeOf, titleOf } from '../words.ts'
import { avatar } from './avatar.ts'
import { KeyedList, type Row } from './keyed-list.ts'
import { menu } from './menu.ts'
import { newConversation, suggestions } from './new-conversation.ts'
import { isMuted } from './own-panel.ts'
import type { ColumnParts } from './parts.ts'
import { people } from './people-panel.ts'
import { searchPanel } from './search-panel.ts'

/** A person's conversations, the newest activity first. */
export function conversationList(parts: ColumnParts): HTMLElement {
  const { person, scope } = parts
  const list = element('ul', { class: 'conversations' })
  const rows = new KeyedList<ShownConversation>({
    list,
    keyOf: ({ id }) => id,
    make: ({ id }) => conversationRow(parts, id),
  })
  const nothing = suggestions(parts)
  scope.watch(person.client.store.conversations, ({ items, complete }) => {
    learnNames(person, items)
    rows.show(items)
    list.hidden = items.length === 0
    nothing.hidden = items.length > 0 || !complete
  })
  scope.defer(() => rows.end())
  const label = `Conversations of ${person.username}`
  const add = menu({
    label: 'New conversation',
    icon: 'plus',
    content: (close) => newConversation(parts, close),
  })
  const find = menu({
    label: 'Search messages',
    icon: 'search',
    content: (close) => searchPanel(parts, close),
  })
  return element(
    'nav',
    { class: 'inbox', 'aria-label': label },
    element('div', { class: 'bar' }, element('h3', {}, 'Conversations'), find, people(parts), add),
    list,
    nothing,
  )
}

function learnNames({ names }: Person, items: readonly ShownConversation[]): void {
  for (const { peer } of items) if (peer !== null) names.learn(peer)
}

function conversationButton() {
  const face = element('span', { class: 'face' })
  const title = element('span', { class: 'title' })
  const time = element('time', {})
  const preview = element('span', { class: 'preview' })
  const unread = element('span', { class: 'unread' })
  const marks = element('span', { class: 'marks' })
  const inside = [face, title, time, preview, marks, unread]
  const root = element('button', { type: 'button', class: 'conversation' }, ...inside)
  return { root, face, title, time, preview, marks, unread }
}

function conversationRow(parts: ColumnParts, id: string): Row<ShownConversation> {
  const { person, opened } = parts
  const scope = new Scope()
  const { root: button, face, title, time, preview, marks, unread } = conversationButton()
  const root = element('li', {}, button)
  let item: ShownConversation | undefined
  const typing = person.client.store.typing(id)
  const showPreview = (): void => {
    const typists = typing.get().map((userId) => person.names.of(userId))
    preview.classList.toggle('typing', typists.length > 0)
    setText(preview, typists.length > 0 ? writing(typists) : previewOf(person, item))
  }
  button.addEventListener('click', () => opened.set(id))
  scope.watch(opened, (openedId) => {
    button.setAttribute('aria-current', String(openedId === id))
  })
  scope.watch(typing, showPreview)
  scope.watch(person.names.changes, showPreview)
  return {
    root,
    show(shown) {
      if (item === undefined || titleOf(item) !== titleOf(shown))
        showFace({ face, scope, person }, shown)
      item = shown
      setText(title, titleOf(shown))
      setText(time, timeOf(shown.activeAt))
      setText(marks, marksOf(shown))
      marks.hidden = marks.textContent === ''
      root.classList.toggle('archived', shown.preference.archived)
      const meant = shown.unreadMentions
      showUnread(unread, shown.unread, meant === 0 ? 'unread' : `unread, ${meant} mention you`)
      unread.classList.toggle('meant', meant > 0)
      showPreview()
    },
    end: () => scope.end(),
  }
}

/** What the person has set for himself, in words. */
function marksOf(item: ShownConversation): string {
  const { pinnedAt, archived } = item.preference
  const words = [pinnedAt === null ? '' : 'pinned', isMuted(item) ? 'muted' : '']
  return [...words, archived ? 'archived' : ''].filter((word) => word !== '').join(', ')
}

interface Face {
  readonly face: HTMLElement
  readonly scope: Scope
  readonly person: Person
}

/** The avatar, and for a single person whether he is there. */
function showFace({ face, scope, person }: Face, item: ShownConversation): void {
  face.replaceChildren(avatar(titleOf(item)))
  if (item.kind === 'group') face.classList.add('group')
  if (item.peer === null) return
  const dot = element('span', { class: 'presence', role: 'img' })
  face.append(dot)
  scope.watch(person.client.store.presence(item.peer.id), (presence) => {
    dot.hidden = presence === undefined
    dot.classList.toggle('online', presence?.online === true)
    dot.setAttribute('aria-label', presence?.online === true ? 'online' : 'offline')
  })
}

/** `bob is writing …` */
export function writing(names: readonly string[]): string {
  return `${listed(names)} ${names.length === 1 ? 'is' : 'are'} writing …`
}

function previewOf(person: Person, item: ShownConversation | undefined): string {
  const last = item?.lastMessage
  if (item === undefined || last === undefined)
    return item?.kind === 'group' ? count(item.memberCount, 'member') : 'No messages yet'
  const text = textOf(last).replace(/\s+/g, ' ').slice(0, 120)
  if (last.senderId === person.id) return `You: ${text}`
  return item.kind === 'group' ? `${person.names.of(last.senderId)}: ${text}` : text
}
