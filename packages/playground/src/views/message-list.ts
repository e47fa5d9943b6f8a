import { element, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import type { ShownMessage, ShownMessages } from '../shown.ts'
import { count, dayOf, problemOf, titleOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'
import { KeyedList } from './keyed-list.ts'
import { leadToSought } from './lead-to.ts'
import { messageRow, type PlacedMessage } from './message-row.ts'
import { keepPlace, type Place } from './place.ts'
import { rove } from './roving.ts'

/** So near to the beginning that older messages are fetched, in pixels. */
const NEAR = 60

/** The messages of a conversation, the newest last; older ones are fetched as one scrolls up. */
export function messageList(parts: ConversationParts): HTMLElement {
  const { person, scope, conversationId } = parts
  const list = element('ol', { class: 'messages' })
  const nothing = element('p', { class: 'nothing' }, 'No messages yet: say something.')
  const scroller = element('div', { class: 'scroller' })
  const older = olderMessages(parts, scroller)
  scroller.append(older.root, list, nothing)
  const rows = new KeyedList<PlacedMessage>({
    list,
    keyOf: ({ message }) => message.key,
    make: () => messageRow(parts),
  })
  const stops = rove(list, '.message')
  const place = keepPlace(scroller, '.message')
  const messages = person.client.store.messages(conversationId)
  const item = person.client.store.conversation(conversationId)
  const show = (): void => {
    const state = messages.get()
    place.around(() => {
      rows.show(placed(state.items, item.get()?.kind === 'group'))
      older.show(state)
      nothing.hidden = state.items.length > 0 || state.loading || state.hasOlder
    })
    stops.update()
  }
  scope.watch(messages, show)
  scope.watch(person.names.changes, show)
  scope.watch(item, (shown) => {
    const name = shown === undefined ? 'this conversation' : titleOf(shown)
    list.setAttribute('aria-label', `Messages with ${name}`)
    show()
  })
  scope.defer(() => rows.end())
  leadToSought(parts, list)
  const newest = readWhatIsSeen(parts, scroller, place)
  return element('div', { class: 'scroll-area' }, scroller, newest)
}

/** A button for those who do not scroll; scrolling to the beginning does the same. */
function olderMessages({ person, conversationId }: ConversationParts, scroller: HTMLElement) {
  const messages = person.client.store.messages(conversationId)
  const root = element('button', { type: 'button', class: 'older' })
  const load = (): void => {
    messages.loadOlder().catch(() => undefined)
  }
  root.addEventListener('click', load)
  scroller.addEventListener('scroll', () => {
    const { hasOlder, loading, error } = messages.get()
    if (scroller.scrollTop < NEAR && hasOlder && !loading && error === undefined) load()
  })
  return {
    root,
    show(state: ShownMessages) {
      root.hidden = !state.hasOlder
      setText(root, olderWords(state))
    },
  }
}

function olderWords({ loading, error }: ShownMessages): string {
  if (loading) return 'Fetching older messages …'
  return error === undefined ? 'Older messages' : `${problemOf(error)} Try again`
}

/** Which messages begin a day, and which follow another of the same sender. */
function placed(items: readonly ShownMessage[], isGroup: boolean): readonly PlacedMessage[] {
  return items.map((message, index) => {
    const before = items[index - 1]
    const startsDay = before === undefined || dayOf(before.createdAt) !== dayOf(message.createdAt)
    const follows = !startsDay && before.senderId === message.senderId
    return { message, startsDay, follows, isGroup }
  })
}

/**
 * Marks as read what this person has before him: his column is in use, the page is in view, and the end is shown. Answers
 * the button that leads to the end.
 */
function readWhatIsSeen(
  parts: ConversationParts,
  scroller: HTMLElement,
  place: Place,
): HTMLElement {
  const { person, page, seat, scope, conversationId } = parts
  const words = element('span', {})
  const newest = element('button', { type: 'button', class: 'newest' }, icon('arrowDown'), words)
  const item = person.client.store.conversation(conversationId)
  const look = (): void => {
    const unread = item.get()?.unread ?? 0
    newest.hidden = place.isAtEnd()
    setText(words, unread > 0 ? count(unread, 'new message') : 'Newest')
    const isLooking = page.active.get() === seat.id && !document.hidden && place.isAtEnd()
    if (unread > 0 && isLooking)
      person.client.message.read({ conversationId }).catch(() => undefined)
  }
  newest.addEventListener('click', () => place.toEnd())
  scope.watch(item, look)
  scope.watch(person.client.store.messages(conversationId), look)
  scope.watch(page.active, look)
  scroller.addEventListener('scroll', look)
  document.addEventListener('visibilitychange', look)
  scope.defer(() => document.removeEventListener('visibilitychange', look))
  return newest
}
