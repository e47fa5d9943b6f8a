import type { MessageState } from '@tidings/sdk'
import { element, setText } from '../dom.ts'
import { icon, type IconName } from '../icons.ts'
import type { ShownMessage } from '../shown.ts'
import { dayOf, problemOf, timeOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'
import type { Row } from './keyed-list.ts'
import { actionButtons, type ActionButtons } from './message-actions.ts'
import { answeredMessage } from './answered-message.ts'
import { messageText } from './message-content.ts'
import { reactionBar } from './reactions.ts'
import { versionList } from './version-list.ts'

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
  const bubble = messageBubble(parts)
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
      // What is answered may have been changed or deleted since.
      bubble.answered.show(message)
      if (shown === message) return
      shown = message
      root.dataset['state'] = message.state
      if (message.seq !== undefined) root.dataset['seq'] = String(message.seq)
      bubble.show(message)
      actions.show(message)
      for (const stop of root.querySelectorAll<HTMLElement>('button, a'))
        stop.tabIndex = root.tabIndex
    },
  }
}

function messageBubble(parts: ConversationParts) {
  const sender = element('p', { class: 'sender' })
  const answered = answeredMessage(parts)
  const text = messageText()
  const reactions = reactionBar(parts)
  const versions = versionList(parts)
  const meant = element('span', { class: 'meant' })
  const time = element('time', {})
  const tick = element('span', { class: 'tick' })
  const failure = element('p', { class: 'failure' })
  const meta = element('div', { class: 'meta' }, meant, versions.button, time, tick)
  const inside = [sender, answered.root, text.root, versions.root, meta, reactions.root, failure]
  return {
    root: element('div', { class: 'bubble' }, ...inside),
    sender,
    answered,
    show(message: ShownMessage) {
      for (const part of [text, versions, reactions]) part.show(message)
      setText(meant, message.mentions.includes(parts.person.id) ? 'mentions you' : '')
      setText(time, timeOf(message.createdAt))
      showTick(tick, message.state)
      failure.hidden = message.state !== 'failed'
      setText(failure, message.error === undefined ? '' : problemOf(message.error))
    },
  }
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
