import { element, setText } from '../dom.ts'
import type { ShownMessage } from '../shown.ts'
import { problemOf } from '../words.ts'
import { KeyedList, type Row } from './keyed-list.ts'
import { menu } from './menu.ts'
import type { Part } from './message-content.ts'
import type { ConversationParts } from './parts.ts'

type Reaction = ShownMessage['reactions'][number]

/** What can be chosen with one click; any emoji may be given by other clients. */
const CHOICE = ['👍', '❤️', '😂', '😮', '😢', '🎉']

/** The reactions to a message; a click gives the same one, or takes it back. */
export function reactionBar(parts: ConversationParts): Part {
  const root = element('div', { class: 'reactions' })
  let shown: ShownMessage | undefined
  const rows = new KeyedList<Reaction>({
    list: root,
    keyOf: ({ reaction }) => reaction,
    make: ({ reaction }) => reactionButton(() => giveOrTake(parts, shown, reaction)),
  })
  return {
    root,
    show(message) {
      shown = message
      root.hidden = message.reactions.length === 0
      rows.show(message.reactions)
    },
  }
}

function reactionButton(clicked: () => void): Row<Reaction> {
  const root = element('button', { type: 'button', class: 'reaction' })
  root.addEventListener('click', clicked)
  return {
    root,
    show({ reaction, count, own }) {
      setText(root, `${reaction} ${count}`)
      root.setAttribute('aria-pressed', String(own))
    },
  }
}

/** The button behind which reactions are chosen. */
export function reactionMenu(
  parts: ConversationParts,
  messageOf: () => ShownMessage | undefined,
): HTMLElement {
  return menu({
    label: 'React',
    icon: 'smile',
    content: (close) => {
      const buttons = CHOICE.map((reaction) => {
        const button = element('button', { type: 'button' }, reaction)
        button.addEventListener('click', () => {
          close()
          giveOrTake(parts, messageOf(), reaction)
        })
        return button
      })
      return element('div', { class: 'choose-reaction' }, ...buttons)
    },
  })
}

/** Gives a reaction, or takes it back when it was given. */
function giveOrTake(
  { person, announce, conversationId }: ConversationParts,
  message: ShownMessage | undefined,
  reaction: string,
): void {
  if (message?.id === undefined) return
  const remove = message.reactions.some((one) => one.reaction === reaction && one.own)
  person.client.message
    .react({ conversationId, messageId: message.id, reaction, remove })
    .catch((thrown: unknown) => announce(`No reaction: ${problemOf(thrown)}`))
}
