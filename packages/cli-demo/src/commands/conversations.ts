import type { Conversation, ListConversationsInput } from '@tidings/sdk'
import type { Command, Shape } from '../cli/command.ts'
import type { Options } from '../cli/options.ts'
import { conversationLine } from '../words/conversation-words.ts'
import { firstOf } from './pages.ts'
import { allConversations, findUser } from './references.ts'

/** A conversation, as the server gives it. */
export const CONVERSATION: Shape = {
  what: 'a conversation',
  fields: [
    ...['id', 'kind', 'name', 'joinPolicy', 'history', 'data', 'memberCount', 'createdAt'],
    ...['activeAt', 'role', 'deliveredSeq', 'readSeq', 'shownReadSeq', 'unreadFrom', 'clearedSeq'],
    ...['hidden', 'preference', 'head', 'unread', 'unreadMentions', 'lastMessage'],
    ...['othersDeliveredSeq', 'othersReadSeq', 'peer'],
  ],
}

/** `tidings conversations` */
export const conversations: Command = {
  name: 'conversations',
  summary: 'list your conversations, newest activity first',
  options: [
    { flags: '--limit <n>', about: 'at most so many' },
    { flags: '--page <n>', about: 'the page of this number, of as many as --limit says or 50' },
    { flags: '--unread', about: 'only those with unread messages' },
    { flags: '--archived', about: 'only those that you have archived' },
    { flags: '--muted', about: 'only those that are muted now' },
    { flags: '--pinned', about: 'only those that you have pinned' },
    { flags: '--hidden', about: 'only those that you have hidden' },
  ],
  examples: [
    'conversations',
    'conversations --unread --json | jq -r .id',
    'conversations --page 2 --limit 20',
  ],
  shapes: [CONVERSATION],
  async run({ client, options, out }) {
    const limit = options.count('limit')
    const page = options.count('page')
    const filter = filterOf(options)
    const show = (conversation: Conversation): void =>
      out.result(conversation, conversationLine(conversation, out))
    if (page !== undefined) {
      const { items } = await client().conversation.list({ ...filter, page, limit: limit ?? 50 })
      for (const item of items) show(item)
      return
    }
    const wanted = allConversations(client(), filter)
    for await (const conversation of firstOf(wanted, limit ?? Infinity)) show(conversation)
  },
}

const FILTERS = ['unread', 'archived', 'muted', 'pinned', 'hidden'] as const

function filterOf(options: Options): ListConversationsInput {
  const wanted = FILTERS.filter((name) => options.flag(name))
  return Object.fromEntries(wanted.map((name) => [name, 'only']))
}

/** `tidings open` */
export const open: Command = {
  name: 'open',
  summary: 'open the direct conversation with a user, or your notes to yourself',
  args: [{ name: 'user', about: '@name, or an id' }],
  examples: ['open @bob', 'open @bob --json | jq -r .id'],
  shapes: [CONVERSATION],
  async run({ client, arg, out }) {
    const { id: userId } = await findUser(client(), arg('user'))
    const conversation = await client().conversation.open({ userId })
    out.result(conversation, conversationLine(conversation, out))
  },
}
