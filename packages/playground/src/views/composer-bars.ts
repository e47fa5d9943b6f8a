import { element, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import type { ShownMessage } from '../shown.ts'
import { textOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'

/** As high as the text, up to a bound that the style sheet sets. */
export function fit(input: HTMLTextAreaElement): void {
  input.style.height = 'auto'
  input.style.height = `${input.scrollHeight + 2}px`
}

/** Says that a message is being edited; giving up brings back what was being written. */
export function editBar(parts: ConversationParts, input: HTMLTextAreaElement): HTMLElement {
  const { editing, answering, scope, drafts, conversationId } = parts
  const cancel = element('button', { type: 'button', class: 'link' }, 'Cancel')
  const bar = element('p', { class: 'editing' }, icon('pencil'), 'Editing a message', cancel)
  cancel.addEventListener('click', () => editing.set(undefined))
  let before: ShownMessage | undefined
  scope.watch(editing, (message) => {
    bar.hidden = message === undefined
    if (message === before) return
    before = message
    if (message !== undefined) answering.set(undefined)
    input.value = message === undefined ? (drafts.get(conversationId) ?? '') : textOf(message)
    fit(input)
    input.focus()
  })
  return bar
}

/** Says which message is being answered. */
export function answerBar(parts: ConversationParts, input: HTMLTextAreaElement): HTMLElement {
  const { answering, editing, scope, person } = parts
  const cancel = element('button', { type: 'button', class: 'link' }, 'Cancel')
  const words = element('span', {})
  const bar = element('p', { class: 'editing' }, icon('reply'), words, cancel)
  cancel.addEventListener('click', () => answering.set(undefined))
  let isFirst = true
  scope.watch(answering, (message) => {
    bar.hidden = message === undefined
    if (message !== undefined) {
      editing.set(undefined)
      const text = textOf(message).replace(/\s+/g, ' ').slice(0, 60)
      setText(words, `Answering ${person.names.of(message.senderId)}: ${text}`)
    }
    if (!isFirst) input.focus()
    isFirst = false
  })
  return bar
}
