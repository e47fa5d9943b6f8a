import type { MessageState } from '@tidings/sdk'
import { element, setText } from '../dom.ts'
import { icon, type IconName } from '../icons.ts'
import type { ShownMessage } from '../shown.ts'
import { dayOf, problemOf, textOf, timeOf } from '../words.ts'
import type { ConversationParts } from './conversation-area.ts'
import type { Row } from './keyed-list.ts'

/** A message and its place among the others. */
export interface PlacedMessage {
  readonly message: ShownMessage
  readonly startsDay: boolean
  /** The one before is of the same sender. */
  readonly follows: boolean
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
  const day = element('p', { class: 'day' })
  const sender = element('p', { class: 'sender' })
  const text = element('p', { class: 'text' })
  const edited = element('span', { class: 'edited' })
  const time = element('time', {})
  const tick = element('span', { class: 'tick' })
  const failure = element('p', { class: 'failure' })
  const bubble = element(
    'div',
    { class: 'bubble' },
    sender,
    text,
    element('p', { class: 'meta' }, edited, time, tick),
    failure,
  )
  const actions = element('div', { class: 'actions' })
  const root = element(
    'li',
    { class: 'message', tabindex: '-1' },
    day,
    element('div', { class: 'line' }, bubble, actions),
  )
  let shown: ShownMessage | undefined
  root.addEventListener('keydown', (event) => actOnKey(parts, { root, event, message: shown }))
  return {
    root,
    show({ message, startsDay, follows }) {
      const isOwn = message.senderId === person.id
      root.classList.toggle('own', isOwn)
      root.classList.toggle('follows', follows)
      day.hidden = !startsDay
      setText(day, dayOf(message.createdAt))
      sender.hidden = isOwn || follows
      setText(sender, isOwn ? 'You' : person.names.of(message.senderId))
      if (shown === message) return
      shown = message
      text.classList.toggle('deleted', message.body.kind === 'deleted')
      setText(text, textOf(message))
      setText(edited, editWords(message))
      setText(time, timeOf(message.createdAt))
      showTick(tick, message.state)
      root.dataset['state'] = message.state
      failure.hidden = message.state !== 'failed'
      setText(failure, message.error === undefined ? '' : problemOf(message.error))
      showActions(actions, actionsOf(parts, message))
      for (const button of actions.querySelectorAll('button')) button.tabIndex = root.tabIndex
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
  tick.dataset['state'] = state
  tick.title = words
  tick.replaceChildren(icon(name), element('span', { class: 'unseen' }, words))
}

interface Action {
  readonly label: string
  readonly icon?: IconName
  readonly run: () => void
}

function actionsOf(parts: ConversationParts, message: ShownMessage): readonly Action[] {
  const { client } = parts.person
  const { clientMessageId } = message
  if (message.senderId !== parts.person.id || message.body.kind === 'deleted') return []
  if (message.state === 'failed' && clientMessageId !== null)
    return [
      {
        label: 'Try again',
        run: () => void client.message.retry({ clientMessageId }).catch(ignore),
      },
      {
        label: 'Discard',
        run: () => void client.message.discard({ clientMessageId }).catch(ignore),
      },
    ]
  return [
    { label: 'Edit', icon: 'pencil', run: () => parts.editing.set(message) },
    { label: 'Delete for all', icon: 'bin', run: () => deleteMessage(parts, message) },
  ]
}

/** The message itself shows what becomes of it. */
function ignore(): void {
  // Nothing to add.
}

function deleteMessage({ person, announce }: ConversationParts, message: ShownMessage): void {
  person.client.message
    .delete(referenceTo(message))
    .catch((thrown: unknown) => announce(`Not deleted: ${problemOf(thrown)}`))
}

/** How the server knows a message, or how the client does before that. */
export function referenceTo({ conversationId, id, clientMessageId }: ShownMessage) {
  return id === undefined
    ? { conversationId, clientMessageId: clientMessageId ?? '' }
    : { conversationId, messageId: id }
}

function showActions(root: HTMLElement, actions: readonly Action[]): void {
  const isSame = actions.map(({ label }) => label).join() === root.dataset['labels']
  // The buttons act on the newest state of the message, but the one that has the focus stays.
  if (isSame && root.contains(document.activeElement)) return
  root.dataset['labels'] = actions.map(({ label }) => label).join()
  root.replaceChildren(
    ...actions.map(({ label, icon: name, run }) => {
      const button = element('button', { type: 'button', title: label })
      if (name === undefined) button.append(label)
      else button.append(icon(name), element('span', { class: 'unseen' }, label))
      button.addEventListener('click', run)
      return button
    }),
  )
}

interface KeyOnMessage {
  readonly root: HTMLElement
  readonly event: KeyboardEvent
  readonly message: ShownMessage | undefined
}

/** E edits and Delete deletes the message that has the focus. */
function actOnKey(parts: ConversationParts, { root, event, message }: KeyOnMessage): void {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey
  if (event.target !== root || message === undefined || !isPlain) return
  const wanted = { e: 'Edit', E: 'Edit', Delete: 'Delete for all' }[event.key]
  const action = actionsOf(parts, message).find(({ label }) => label === wanted)
  if (action === undefined) return
  event.preventDefault()
  action.run()
}
