import { FOREVER } from '@tidings/sdk'
import { element } from '../dom.ts'
import type { ShownConversation } from '../shown.ts'
import { problemOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'

/** What the person may do with a conversation for himself: nobody else notices any of it. */
export function ownPanel(parts: ConversationParts, close: () => void): HTMLElement {
  const { person, conversationId, opened, announce } = parts
  const { conversation } = person.client
  const item = person.client.store.conversation(conversationId).get()
  const act = (label: string, work: () => Promise<unknown>): HTMLElement => {
    const button = element('button', { type: 'button' }, label)
    button.addEventListener('click', () => {
      close()
      work().catch((thrown: unknown) => announce(`Not done: ${problemOf(thrown)}`))
    })
    return element('li', {}, button)
  }
  if (item === undefined) return element('p', {}, 'Opening …')
  const { archived, pinnedAt } = item.preference
  const last = lastOfOthers(parts)
  const isMute = isMuted(item)
  const set = (wanted: object) => conversation.updatePreference({ conversationId, ...wanted })
  // What is open is read: so it is closed.
  const leaveWith = (work: () => Promise<void>): Promise<void> => {
    opened.set(undefined)
    return work()
  }
  return element(
    'ul',
    { class: 'choices' },
    act(isMute ? 'Unmute' : 'Mute', () => set({ mutedUntil: isMute ? null : FOREVER })),
    act(archived ? 'Take out of the archive' : 'Archive', () => set({ archived: !archived })),
    act(pinnedAt === null ? 'Pin' : 'Unpin', () => set({ pinned: pinnedAt === null })),
    last === undefined
      ? undefined
      : act('Mark as unread', () =>
          leaveWith(() => conversation.markUnread({ conversationId, seq: last })),
        ),
    act('Hide, with what is in it', () => leaveWith(() => conversation.hide({ conversationId }))),
  )
}

/** Whether it is muted at this moment. */
export function isMuted({ preference: { mutedUntil } }: ShownConversation): boolean {
  return mutedUntil !== null && mutedUntil > Date.now()
}

function lastOfOthers({ person, conversationId }: ConversationParts): number | undefined {
  const { items } = person.client.store.messages(conversationId).get()
  return items.findLast(({ senderId }) => senderId !== person.id)?.seq
}
