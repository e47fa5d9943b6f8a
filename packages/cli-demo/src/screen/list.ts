import { titleOf } from '../words/conversation-words.ts'
import { safeLine } from '../words/safe-text.ts'
import type { Conversation, DeskState } from './desk-state.ts'
import { dim, plain, type Line, type Piece } from './piece.ts'
import { fit } from './width.ts'

/** The list of conversations, with what is unread and who is there. */
export function listOf(
  state: DeskState,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly Line[] {
  const { conversations, chosenId } = state
  const unread = conversations.reduce((sum, conversation) => sum + conversation.unread, 0)
  const head: readonly Line[] = [
    [
      {
        text: fit(unread === 0 ? 'Conversations' : `Conversations (${unread})`, columns),
        style: 'bold',
      },
    ],
    [dim('─'.repeat(columns))],
  ]
  const entries = rows - head.length
  const at = Math.max(
    0,
    conversations.findIndex(({ id }) => id === chosenId),
  )
  const first = Math.max(0, Math.min(at - Math.floor(entries / 2), conversations.length - entries))
  const shown = conversations
    .slice(first, first + entries)
    .map((conversation) => entryOf(conversation, state, columns))
  const blank = Array.from({ length: entries - shown.length }, (): Line => [
    plain(' '.repeat(columns)),
  ])
  return [...head, ...shown, ...blank]
}

function entryOf(conversation: Conversation, state: DeskState, columns: number): Line {
  const { id, peer, unread, unreadMentions, preference } = conversation
  const isChosen = id === state.chosenId
  const marks = `${preference.pinnedAt === null ? '' : '^'}${isMuted(preference) ? '~' : ''}`
  const meant = unreadMentions === 0 ? '' : '@'
  const number = unread === 0 ? '' : ` ${meant}${unread > 999 ? '999+' : unread}`
  const count = marks === '' ? number : ` ${marks}${number}`
  const presence = peer === null ? undefined : state.presenceOf(peer.id)
  const dot: Piece =
    presence?.online === true ? { text: '●', style: 'good' } : dim(peer === null ? '#' : '○')
  const title = peer === null ? titleOf(conversation) : safeLine(peer.username)
  return [
    plain(isChosen ? '›' : ' '),
    dot,
    {
      text: ` ${fit(title, columns - 4 - count.length)}`,
      style: isChosen ? 'chosen' : unread > 0 ? 'bold' : preference.archived ? 'dim' : 'plain',
    },
    { text: `${count} `, style: 'warning' },
  ]
}

function isMuted({ mutedUntil }: Conversation['preference']): boolean {
  return mutedUntil !== null && mutedUntil > Date.now()
}
