import type { ConnectionState } from '@tidings/sdk'
import { element, newId, setText } from '../dom.ts'
import { problemOf } from '../words.ts'
import { accountPanel } from './account-panel.ts'
import { avatar } from './avatar.ts'
import { menu } from './menu.ts'
import { notifications } from './notification-panel.ts'
import type { ColumnParts } from './parts.ts'
import { showUnread } from './unread.ts'

/** Who it is, how his connection stands, what he has not read, and the switch of his network. */
export function personHeader(parts: ColumnParts): HTMLElement {
  const { person } = parts
  return element(
    'header',
    { class: 'who' },
    avatar(person.username),
    element(
      'div',
      { class: 'who-text' },
      element('h2', { title: person.username }, person.username),
      connectionLine(parts),
    ),
    unreadTotal(parts),
    notifications(parts),
    networkSwitch(parts),
    menu({ label: 'Account', icon: 'key', content: () => accountPanel(parts) }),
  )
}

function connectionLine({ person, scope }: ColumnParts): HTMLElement {
  const line = element('p', { class: 'connection' })
  const show = (): void => {
    const { state, text } = connectionWords(
      person.client.store.connection.get(),
      person.network.up.get(),
    )
    line.dataset['state'] = state
    setText(line, text)
  }
  scope.watch(person.client.store.connection, show)
  scope.watch(person.network.up, show)
  return line
}

function connectionWords(
  connection: ConnectionState,
  isUp: boolean,
): { readonly state: string; readonly text: string } {
  if (!isUp) return { state: 'cut', text: 'network cut' }
  switch (connection.state) {
    case 'connected':
      return { state: 'connected', text: 'connected' }
    case 'connecting':
      return {
        state: 'connecting',
        text: connection.attempt > 1 ? `connecting, try ${connection.attempt}` : 'connecting',
      }
    case 'disconnected':
      return {
        state: 'cut',
        text: connection.error === undefined ? 'not connected' : problemOf(connection.error),
      }
  }
}

function unreadTotal({ person, scope }: ColumnParts): HTMLElement {
  const total = element('span', { class: 'unread' })
  scope.watch(person.client.store.unread, (unread) => showUnread(total, unread))
  return total
}

function networkSwitch({ person, scope }: ColumnParts): HTMLElement {
  const { network, username } = person
  const id = newId('network')
  const knob = element('button', {
    type: 'button',
    class: 'switch',
    role: 'switch',
    'aria-labelledby': id,
    title: `Cut ${username}'s network, or put it together again`,
  })
  knob.append(element('span', { class: 'knob' }))
  knob.addEventListener('click', () => {
    network.set(!network.up.get())
    // The client would find out by itself, after a wait that grows; a device that comes back tells it.
    if (network.up.get()) person.client.connect().catch(() => undefined)
  })
  scope.watch(network.up, (up) => knob.setAttribute('aria-checked', String(up)))
  return element('div', { class: 'network' }, element('span', { id }, 'Network'), knob)
}
