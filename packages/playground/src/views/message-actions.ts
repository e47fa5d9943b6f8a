import { element } from '../dom.ts'
import { icon, type IconName } from '../icons.ts'
import type { ShownMessage } from '../shown.ts'
import { problemOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'

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

/** What the person may do with a message: change his own, try again or give up what was refused. */
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

/** The buttons of a message, for what it is now. */
export interface ActionButtons {
  readonly root: HTMLElement
  show(message: ShownMessage): void
  /** E edits and Delete deletes. Answers whether the key meant anything. */
  act(key: string): boolean
}

const KEYS: Readonly<Record<string, string>> = { e: 'Edit', E: 'Edit', Delete: 'Delete for all' }

export function actionButtons(parts: ConversationParts): ActionButtons {
  const root = element('div', { class: 'actions' })
  let actions: readonly Action[] = []
  const run = (label: string | undefined): boolean => {
    const action = actions.find((one) => one.label === label)
    action?.run()
    return action !== undefined
  }
  return {
    root,
    show(message) {
      const before = actions.map(({ label }) => label).join()
      actions = actionsOf(parts, message)
      // The same buttons stay: one of them may have the focus.
      if (before !== actions.map(({ label }) => label).join())
        root.replaceChildren(...actions.map((action) => button(action, () => run(action.label))))
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
