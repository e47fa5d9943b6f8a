import { element, newId, setText } from '../dom.ts'
import type { ShownMessage } from '../shown.ts'
import { dayOf, problemOf, textOf, timeOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'

/** The word that a message was changed, and what it said before, which a click on that word shows. */
export interface VersionList {
  readonly button: HTMLElement
  readonly root: HTMLElement
  show(message: ShownMessage): void
}

export function versionList(parts: ConversationParts): VersionList {
  const id = newId('versions')
  const button = element('button', { type: 'button', class: 'edited', 'aria-controls': id })
  const root = element('ol', { id, class: 'versions', 'aria-label': 'What it said before' })
  let shown: ShownMessage | undefined
  const open = (isOpen: boolean): void => {
    root.hidden = !isOpen
    button.setAttribute('aria-expanded', String(isOpen))
  }
  open(false)
  button.addEventListener('click', () => {
    const message = shown
    const isOpen = root.hidden !== false
    open(isOpen)
    if (!isOpen || message?.id === undefined) return
    versionsOf(parts, message.id).then(
      (rows) => root.replaceChildren(...rows),
      (thrown: unknown) => parts.announce(`Not shown: ${problemOf(thrown)}`),
    )
  })
  return {
    button,
    root,
    show(message) {
      // What was fetched is older than this edit, or of a message that says nothing any more.
      if (message.editedAt !== shown?.editedAt || message.body.kind === 'deleted') open(false)
      if (root.hidden) root.replaceChildren()
      shown = message
      const isEdited = message.editedAt !== null && message.body.kind !== 'deleted'
      button.hidden = !isEdited && !message.pending
      setText(button, message.pending ? 'changing' : 'edited')
    },
  }
}

/** The versions before the one that the message shows, the newest first. */
async function versionsOf(
  { person, conversationId }: ConversationParts,
  messageId: string,
): Promise<HTMLElement[]> {
  const query = { conversationId, messageId, limit: 100 }
  const { items: versions } = await person.client.message.listVersions(query)
  return versions.slice(1).map((version) => {
    const time = `${dayOf(version.writtenAt)} ${timeOf(version.writtenAt)}`
    return element('li', {}, element('time', {}, time), element('p', {}, textOf(version)))
  })
}
