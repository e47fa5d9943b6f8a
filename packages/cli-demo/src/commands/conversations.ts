import type { Command, Shape } from '../cli/command.ts'
import { conversationLine } from '../words/conversation-words.ts'
import { allConversations, findUser } from './references.ts'

/** A conversation, as the server gives it. */
export const CONVERSATION: Shape = {
  what: 'a conversation',
  fields: [
    ...['id', 'kind', 'name', 'joinPolicy', 'history', 'memberCount', 'createdAt', 'activeAt'],
    ...['role', 'deliveredSeq', 'readSeq', 'head', 'unread', 'lastMessage'],
    ...['othersDeliveredSeq', 'othersReadSeq', 'peer'],
  ],
}

/** `tidings conversations` */
export const conversations: Command = {
  name: 'conversations',
  summary: 'list your conversations, newest activity first',
  options: [
    { flags: '--limit <n>', about: 'at most so many' },
    { flags: '--unread', about: 'only those with unread messages' },
  ],
  examples: ['conversations', 'conversations --unread --json | jq -r .id'],
  shapes: [CONVERSATION],
  async run({ client, options, out }) {
    const limit = options.count('limit') ?? Infinity
    let shown = 0
    for await (const conversation of allConversations(client())) {
      if (options.flag('unread') && conversation.unread === 0) continue
      if (shown === limit) break
      shown += 1
      out.result(conversation, conversationLine(conversation, out))
    }
  },
}

/** `tidings open` */
export const open: Command = {
  name: 'open',
  summary: 'open the direct conversation with a user',
  args: [{ name: 'user', about: '@name, or an id' }],
  examples: ['open @bob', 'open @bob --json | jq -r .id'],
  shapes: [CONVERSATION],
  async run({ client, arg, out }) {
    const { id: userId } = await findUser(client(), arg('user'))
    const conversation = await client().conversation.open({ userId })
    out.result(conversation, conversationLine(conversation, out))
  },
}
