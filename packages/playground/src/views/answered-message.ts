import { element, hiddenText, setText } from '../dom.ts'
import { textOf } from '../words.ts'
import { atHand, leadTo } from './lead-to.ts'
import type { Part } from './message-content.ts'
import type { ConversationParts } from './parts.ts'

/** The message that is answered, as far as it is at hand; a click leads to it. */
export function answeredMessage(parts: ConversationParts): Part {
  const { person } = parts
  const words = element('span', {})
  const root = element('button', { type: 'button', class: 'answered' })
  root.append(hiddenText('Answers '), words)
  let answeredId = ''
  root.addEventListener('click', () => {
    const list = root.closest<HTMLElement>('.messages')
    if (list !== null) void leadTo(parts, list, answeredId)
  })
  return {
    root,
    show({ replyTo }) {
      root.hidden = replyTo === undefined
      if (replyTo === undefined) return
      answeredId = replyTo.messageId
      const answered = atHand(parts, answeredId)
      const senderId = replyTo.senderId ?? answered?.senderId
      const text = answered === undefined ? 'an earlier message' : textOf(answered)
      const sender = senderId === undefined ? '' : `${person.names.of(senderId)}: `
      setText(words, `${sender}${text.replace(/\s+/g, ' ').slice(0, 80)}`)
    },
  }
}
