import type { NotificationItem } from '@tidings/sdk'
import { element, setText } from '../dom.ts'
import type { Scope } from '../scope.ts'
import { dayOf, problemOf, timeOf } from '../words.ts'
import { KeyedList, type Row } from './keyed-list.ts'
import { menu } from './menu.ts'
import { linkTo } from './message-content.ts'
import type { ColumnParts } from './parts.ts'
import { showUnread } from './unread.ts'

/** The bell: what the operator has told the person, and how much of it is not read. */
export function notifications(parts: ColumnParts): HTMLElement {
  const { person, scope, announce } = parts
  const unreadMark = element('span', { class: 'unread' })
  const bell = menu({
    label: 'Notifications',
    icon: 'bell',
    content: (_, panelScope) => notificationPanel(parts, panelScope),
  })
  scope.watch(person.client.store.notifications, ({ unread }) =>
    showUnread(unreadMark, unread, unread === 1 ? 'unread notification' : 'unread notifications'),
  )
  const stop = person.client.on('notification.created', ({ body }) =>
    announce(`${person.username} is notified: ${body.notification.title}`),
  )
  scope.defer(stop)
  return element('div', { class: 'bell' }, bell, unreadMark)
}

function notificationPanel(parts: ColumnParts, scope: Scope): HTMLElement {
  const { client } = parts.person
  const nothing = element('p', { class: 'quiet' }, 'An administrator can notify you: nobody has.')
  const list = element('ul', { class: 'notifications', tabindex: '-1' })
  const readAll = element('button', { type: 'button' }, 'Mark all as read')
  const rows = new KeyedList<NotificationItem>({
    list,
    keyOf: ({ id }) => id,
    make: ({ id }) => notificationRow(parts, id),
    whenLost: () => list.focus(),
  })
  let newest = 0
  readAll.addEventListener('click', () => done(parts, client.notification.read({ upTo: newest })))
  scope.watch(client.store.notifications, ({ items, unread, complete }) => {
    newest = items[0]?.seq ?? 0
    rows.show(items)
    nothing.hidden = items.length > 0 || !complete
    readAll.hidden = unread === 0 || newest === 0
  })
  scope.defer(() => rows.end())
  return element('div', {}, nothing, list, readAll)
}

function notificationRow(parts: ColumnParts, id: string): Row<NotificationItem> {
  const title = element('strong', {})
  const time = element('span', { class: 'quiet' })
  const text = element('p', { class: 'text' })
  const link = element('p', {})
  const remove = element('button', { type: 'button', class: 'link' }, 'Remove')
  remove.addEventListener('click', () =>
    done(parts, parts.person.client.notification.remove({ notificationIds: [id] })),
  )
  const root = element('li', {}, title, time, text, link, remove)
  return {
    root,
    show(item) {
      root.classList.toggle('new', item.readAt === null)
      setText(title, item.title)
      setText(time, ` ${dayOf(item.createdAt)} ${timeOf(item.createdAt)}`)
      text.hidden = item.body === null
      setText(text, item.body ?? '')
      // The same link stays: it may have the focus.
      if (link.textContent !== (item.link ?? ''))
        link.replaceChildren(...(item.link === null ? [] : [linkTo(item.link)]))
    },
  }
}

function done({ announce }: ColumnParts, work: Promise<void>): void {
  work.catch((thrown: unknown) => announce(`Not done: ${problemOf(thrown)}`))
}
