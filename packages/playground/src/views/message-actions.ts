import { element } from '../dom.ts'
import { icon, type IconName } from '../icons.ts'
import type { ShownMessage } from '../shown.ts'
import { problemOf } from '../words.ts'
import { KeyedList } from './keyed-list.ts'
import type { ConversationParts } from './parts.ts'
import { reactionMenu } from './reactions.ts'

interface Action {
  readonly label: string
  readonly icon?: IconName
  readonly run: () => void
}

/** How the server knows a message, or how the client does before that. */
export function referenceTo({ conversationId, id, clientMessageId }: ShownMessage) {
  return id === undefined
    ? { conversationId, clientMessageId: clientMessageId ?? '' }
    : { conversationId, messageId: id }
}

/** What the person may do with a message: answer it, change his own, try again or give up what was refused. */
function actionsOf(parts: ConversationParts, message: ShownMessage): readonly Action[] {
  const isOwn = message.senderId === parts.person.id
  if (isOwn && message.state === 'failed') return secondThoughts(parts, message)
  const isThere = message.id !== undefined
  const isGone = message.body.kind === 'deleted'
  const wanted: readonly (Action | false)[] = [
    isThere &&
      !isGone && { label: 'Reply', icon: 'reply', run: () => parts.answering.set(message) },
    isOwn &&
      message.body.kind === 'text' && {
        label: 'Edit',
        icon: 'pencil',
        run: () => parts.editing.set(message),
      },
    isOwn &&
      !isGone && {
        label: 'Delete for all',
        icon: 'bin',
        run: () => deleteMessage(parts, message),
      },
    isThere && {
      label: 'Hide from yourself',
      icon: 'hidden',
      run: () => hideMessage(parts, message),
    },
  ]
  return wanted.filter((action) => action !== false)
}

/** What becomes of a message that the server has refused. */
function secondThoughts(
  { person }: ConversationParts,
  { clientMessageId }: ShownMessage,
): readonly Action[] {
  const { message } = person.client
  if (clientMessageId === null) return []
  const again = (): void => void message.retry({ clientMessageId }).catch(ignore)
  const giveUp = (): void => void message.discard({ clientMessageId }).catch(ignore)
  return [
    { label: 'Try again', run: again },
    { label: 'Discard', run: giveUp },
  ]
}

function hideMessage({ person, announce }: ConversationParts, message: ShownMessage): void {
  person.client.message
    .hide(referenceTo(message))
    .catch((thrown: unknown) => announce(`Not hidden: ${problemOf(thrown)}`))
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

/** The buttons of a message, for what it is now. */
export interface ActionButtons {
  readonly root: HTMLElement
  show(message: ShownMessage): void
  /** R answers, E edits and Delete deletes. Answers whether the key meant anything. */
  act(key: string): boolean
}

const KEYS: Readonly<Record<string, string>> = {
  e: 'Edit',
  E: 'Edit',
  r: 'Reply',
  R: 'Reply',
  Delete: 'Delete for all',
}

export function actionButtons(parts: ConversationParts): ActionButtons {
  let shown: ShownMessage | undefined
  const buttons = element('div', { class: 'buttons-of-message' })
  const reactions = reactionMenu(parts, () => shown)
  const root = element('div', { class: 'actions' }, reactions, buttons)
  let actions: readonly Action[] = []
  const run = (label: string | undefined): boolean => {
    const action = actions.find((one) => one.label === label)
    action?.run()
    return action !== undefined
  }
  // Those that stay are the same ones: one of them may have the focus, or be pressed just now.
  const rows = new KeyedList<Action>({
    list: buttons,
    keyOf: ({ label }) => label,
    make: (action) => ({ root: button(action, () => run(action.label)), show: () => undefined }),
    whenLost: () => buttons.closest<HTMLElement>('.message')?.focus({ preventScroll: true }),
  })
  return {
    root,
    show(message) {
      shown = message
      reactions.hidden = message.id === undefined || message.body.kind === 'deleted'
      actions = actionsOf(parts, message)
      rows.show(actions)
    },
    act: (key) => run(KEYS[key]),
  }
}

function button({ label, icon: name }: Action, run: () => void): HTMLElement {
  const made = element('button', { type: 'button', title: label })
  if (name === undefined) made.append(label)
  else made.append(icon(name), element('span', { class: 'unseen' }, label))
  made.addEventListener('click', run)
  return made
}
