import { element, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import type { ShownMessage, ShownMessages } from '../shown.ts'
import { count, dayOf, problemOf, titleOf } from '../words.ts'
import type { ConversationParts } from './conversation-area.ts'
import { KeyedList } from './keyed-list.ts'
import { messageRow, type PlacedMessage } from './message-row.ts'
import { rove } from './roving.ts'

/** So near to the end that what comes is followed, and to the beginning that older messages are fetched, in pixels. */
const NEAR = 60

/** The messages of a conversation, the newest last; older ones are fetched as one scrolls up. */
export function messageList(parts: ConversationParts): HTMLElement {
  const { person, scope, conversationId } = parts
  const list = element('ol', { class: 'messages' })
  const older = element('button', { type: 'button', class: 'older' }, 'Older messages')
  const nothing = element('p', { class: 'nothing' }, 'No messages yet: say something.')
  const scroller = element('div', { class: 'scroller' }, older, list, nothing)
  const newest = element('button', { type: 'button', class: 'newest' })
  const rows = new KeyedList<PlacedMessage>({
    list,
    keyOf: ({ message }) => message.key,
    make: () => messageRow(parts),
  })
  const stops = rove(list, '.message')
  const messages = person.client.store.messages(conversationId)
  const place = keepPlace(scroller)
  const show = (state: ShownMessages): void => {
    place.around(() => {
      rows.show(placed(state.items))
      older.hidden = !state.hasOlder
      setText(older, olderWords(state))
      nothing.hidden = state.items.length > 0 || state.loading || state.hasOlder
    })
    stops.update()
  }
  const loadOlder = (): void => void messages.loadOlder().catch(() => undefined)
  older.addEventListener('click', loadOlder)
  scroller.addEventListener('scroll', () => {
    const { hasOlder, loading } = messages.get()
    if (scroller.scrollTop < NEAR && hasOlder && !loading) loadOlder()
  })
  newest.addEventListener('click', () => place.toEnd())
  readWhatIsSeen(parts, { scroller, place, newest })
  scope.watch(messages, show)
  scope.watch(person.names.changes, () => show(messages.get()))
  scope.watch(person.client.store.conversation(conversationId), (item) => {
    const name = item === undefined ? 'this conversation' : titleOf(item)
    list.setAttribute('aria-label', `Messages with ${name}`)
  })
  scope.defer(() => rows.end())
  return element('div', { class: 'scroll-area' }, scroller, newest)
}

function olderWords({ loading, error }: ShownMessages): string {
  if (loading) return 'Fetching older messages …'
  return error === undefined ? 'Older messages' : `${problemOf(error)} Try again`
}

/** Which messages begin a day, and which follow another of the same sender. */
function placed(items: readonly ShownMessage[]): readonly PlacedMessage[] {
  return items.map((message, index) => {
    const before = items[index - 1]
    const startsDay = before === undefined || dayOf(before.createdAt) !== dayOf(message.createdAt)
    return { message, startsDay, follows: !startsDay && before.senderId === message.senderId }
  })
}

interface Place {
  isAtEnd(): boolean
  toEnd(): void
  /** Lets something change the content without moving what is being looked at, or goes on following the end. */
  around(change: () => void): void
}

function keepPlace(scroller: HTMLElement): Place {
  let follows = true
  const isAtEnd = (): boolean =>
    scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR
  const toEnd = (): void => {
    scroller.scrollTop = scroller.scrollHeight
  }
  scroller.addEventListener('scroll', () => {
    follows = isAtEnd()
  })
  // Also when the column changes its size, or is laid out for the first time.
  new ResizeObserver(() => {
    if (follows) toEnd()
  }).observe(scroller)
  return {
    isAtEnd,
    toEnd,
    around(change) {
      const first = [...scroller.querySelectorAll('.message')].find(
        (row) => row.getBoundingClientRect().bottom > scroller.getBoundingClientRect().top,
      )
      const before = first?.getBoundingClientRect().top ?? 0
      change()
      if (follows) toEnd()
      else if (first?.isConnected === true)
        scroller.scrollTop += first.getBoundingClientRect().top - before
    },
  }
}

interface Seen {
  readonly scroller: HTMLElement
  readonly place: Place
  readonly newest: HTMLElement
}

/** Marks as read what this person has before him: his column is in use, the page is in view, and the end is shown. */
function readWhatIsSeen(parts: ConversationParts, { scroller, place, newest }: Seen): void {
  const { person, page, seat, scope, conversationId } = parts
  const item = person.client.store.conversation(conversationId)
  const look = (): void => {
    const unread = item.get()?.unread ?? 0
    newest.hidden = place.isAtEnd()
    newest.replaceChildren(icon('arrowDown'), unread > 0 ? count(unread, 'new message') : 'Newest')
    const isLooking = page.active.get() === seat.id && !document.hidden && place.isAtEnd()
    if (unread > 0 && isLooking)
      person.client.message.read({ conversationId }).catch(() => undefined)
  }
  scope.watch(item, look)
  scope.watch(person.client.store.messages(conversationId), look)
  scope.watch(page.active, look)
  scroller.addEventListener('scroll', look)
  document.addEventListener('visibilitychange', look)
  scope.defer(() => document.removeEventListener('visibilitychange', look))
}
