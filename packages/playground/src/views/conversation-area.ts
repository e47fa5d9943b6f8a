import { element } from '../dom.ts'
import { Scope } from '../scope.ts'
import type { ShownMessage } from '../shown.ts'
import { Value } from '../value.ts'
import { titleOf } from '../words.ts'
import { composer } from './composer.ts'
import { conversationHeader } from './conversation-header.ts'
import { messageList } from './message-list.ts'
import type { ColumnParts, ConversationParts } from './parts.ts'

/** The conversation that is open, or word that none is. */
export function conversationArea(parts: ColumnParts): HTMLElement {
  const { opened, scope } = parts
  const root = element('div', { class: 'area' })
  const drafts = new Map<string, string>()
  let inside = new Scope()
  scope.defer(() => inside.end())
  scope.watch(opened, (conversationId) => {
    inside.end()
    inside = new Scope()
    if (conversationId === undefined) {
      root.replaceChildren(element('p', { class: 'nothing' }, 'No conversation is open.'))
      return
    }
    const editing = new Value<ShownMessage | undefined>(undefined)
    const answering = new Value<ShownMessage | undefined>(undefined)
    const shared = { scope: inside, conversationId, editing, answering, drafts }
    showConversation(root, { ...parts, ...shared })
  })
  return root
}

function showConversation(root: HTMLElement, parts: ConversationParts): void {
  const { person, scope, conversationId, opened } = parts
  const writer = composer(parts)
  const content = [conversationHeader(parts), messageList(parts), writer.root]
  const section = element('section', { class: 'open' }, ...content)
  root.replaceChildren(section)
  writer.focus()
  // A conversation that one has left, or was removed from, goes.
  const item = person.client.store.conversation(conversationId)
  let wasThere = item.get() !== undefined
  scope.watch(item, (shown) => {
    const title = shown === undefined ? 'one that opens' : titleOf(shown)
    section.setAttribute('aria-label', `${person.username}'s conversation: ${title}`)
    if (shown === undefined && wasThere) opened.set(undefined)
    wasThere ||= shown !== undefined
  })
}
