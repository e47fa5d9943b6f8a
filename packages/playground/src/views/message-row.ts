import type { MessageState } from '@tidings/sdk'
import { element, setText } from '../dom.ts'
import { icon, type IconName } from '../icons.ts'
import type { ShownMessage } from '../shown.ts'
import { dayOf, problemOf, textOf, timeOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'
import type { Row } from './keyed-list.ts'
import { actionButtons, type ActionButtons } from './message-actions.ts'

/** A message and its place among the others. */
export interface PlacedMessage {
  readonly message: ShownMessage
  readonly startsDay: boolean
  /** The one before is of the same sender. */
  readonly follows: boolean
  /** Names are shown where there are several others. */
  readonly isGroup: boolean
}

const TICKS: Readonly<Record<Exclude<MessageState, 'received'>, readonly [IconName, string]>> = {
  queued: ['clock', 'waiting'],
  sending: ['clock', 'being sent'],
  failed: ['alert', 'not sent'],
  sent: ['check', 'sent'],
  delivered: ['checks', 'delivered'],
  read: ['checks', 'read'],
}

/** One message, with all that may become of it. */
export function messageRow(parts: ConversationParts): Row<PlacedMessage> {
  const { person } = parts
  const actions = actionButtons(parts)
  const bubble = messageBubble()
  const day = element('p', { class: 'day' })
  const line = element('div', { class: 'line' }, bubble.root, actions.root)
  const root = element('li', { class: 'message', tabindex: '-1' }, day, line)
  let shown: ShownMessage | undefined
  root.addEventListener('keydown', (event) => actOnKey(actions, event))
  return {
    root,
    show({ message, startsDay, follows, isGroup }) {
      const isOwn = message.senderId === person.id
      root.classList.toggle('own', isOwn)
      root.classList.toggle('follows', follows)
      day.hidden = !startsDay
      setText(day, dayOf(message.createdAt))
      bubble.sender.classList.toggle('unseen', isOwn || follows || !isGroup)
      setText(bubble.sender, isOwn ? 'You' : person.names.of(message.senderId))
      if (shown === message) return
      shown = message
      root.dataset['state'] = message.state
      bubble.show(message)
      actions.show(message)
      for (const button of actions.root.querySelectorAll('button')) button.tabIndex = root.tabIndex
    },
  }
}

function messageBubble() {
  const sender = element('p', { class: 'sender' })
  const text = element('p', { class: 'text' })
  const edited = element('span', {})
  const time = element('time', {})
  const tick = element('span', { class: 'tick' })
  const failure = element('p', { class: 'failure' })
  const meta = element('p', { class: 'meta' }, edited, time, tick)
  return {
    root: element('div', { class: 'bubble' }, sender, text, meta, failure),
    sender,
    show(message: ShownMessage) {
      text.classList.toggle('deleted', message.body.kind === 'deleted')
      setText(text, textOf(message))
      setText(edited, editWords(message))
      setText(time, timeOf(message.createdAt))
      showTick(tick, message.state)
      failure.hidden = message.state !== 'failed'
      setText(failure, message.error === undefined ? '' : problemOf(message.error))
    },
  }
}

function editWords({ pending, editedAt, body }: ShownMessage): string {
  if (pending) return 'changing'
  return editedAt !== null && body.kind !== 'deleted' ? 'edited' : ''
}

function showTick(tick: HTMLElement, state: MessageState): void {
  if (state === 'received') {
    tick.replaceChildren()
    return
  }
  const [name, words] = TICKS[state]
  if (tick.dataset['state'] === state) return
  tick.dataset['state'] = state
  tick.title = words
  tick.replaceChildren(icon(name), element('span', { class: 'unseen' }, words))
}

/** On the message itself, not in its buttons. */
function actOnKey(actions: ActionButtons, event: KeyboardEvent): void {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey
  if (event.target === event.currentTarget && isPlain && actions.act(event.key))
    event.preventDefault()
}
