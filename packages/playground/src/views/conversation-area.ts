import { element, newId } from '../dom.ts'
import { Scope } from '../scope.ts'
import type { ShownMessage } from '../shown.ts'
import { Value } from '../value.ts'
import { composer } from './composer.ts'
import { conversationHeader } from './conversation-header.ts'
import { messageList } from './message-list.ts'
import type { ColumnParts } from './person-view.ts'

/** What the parts of an open conversation share. */
export interface ConversationParts extends ColumnParts {
  readonly conversationId: string
  /** The own message that is being changed. */
  readonly editing: Value<ShownMessage | undefined>
  /** What was written and not sent, by conversation. */
  readonly drafts: Map<string, string>
}

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
    showConversation(root, { ...parts, scope: inside, conversationId, editing, drafts })
  })
  return root
}

function showConversation(root: HTMLElement, parts: ConversationParts): void {
  const { person, scope, conversationId, opened } = parts
  const writer = composer(parts)
  const id = newId('conversation')
  const content = [conversationHeader(parts, id), messageList(parts), writer.root]
  root.replaceChildren(element('section', { class: 'open', 'aria-labelledby': id }, ...content))
  writer.focus()
  // A conversation that one has left, or was removed from, goes.
  const item = person.client.store.conversation(conversationId)
  let wasThere = item.get() !== undefined
  scope.watch(item, (shown) => {
    if (shown === undefined && wasThere) opened.set(undefined)
    wasThere ||= shown !== undefined
  })
}
