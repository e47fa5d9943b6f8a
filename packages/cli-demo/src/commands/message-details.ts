import { LIMITS } from '@tidings/sdk'
import type { Command, Shape } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { bodyWords, messageLine } from '../words/message-words.ts'
import { safeLine } from '../words/safe-text.ts'
import { dateAndTime } from '../words/times.ts'
import { everyItem, firstOf } from './pages.ts'
import { conversationIdOf, messageIdOf, Names } from './references.ts'

const NAMED = [
  { name: 'conversation', about: 'its id, @user, or a group’s name' },
  { name: 'message', about: 'its number or its id' },
] as const

/** `tidings react` */
export const react: Command = {
  name: 'react',
  summary: 'give a reaction to a message, or take it back',
  args: [...NAMED, { name: 'reaction', about: 'an emoji or a word' }],
  options: [{ flags: '--remove', about: 'take it back' }],
  examples: ['react @bob 12 👍', 'react @bob 12 👍 --remove'],
  shapes: [{ what: 'the message’s reactions now', fields: ['messageId', 'reactions'] }],
  async run({ client, arg, options, out }) {
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    const messageId = await messageIdOf(client(), conversationId, arg('message'))
    const change = { reaction: arg('reaction'), remove: options.flag('remove') }
    const { reactions = [] } = await client().message.react({
      conversationId,
      messageId,
      ...change,
    })
    const said = reactions.map(({ reaction, count }) => `${safeLine(reaction)} ${count}`)
    out.result({ messageId, reactions }, said.join('  ') || 'no reactions')
  },
}

/** `tidings hide-message` */
export const hideMessage: Command = {
  name: 'hide-message',
  summary: 'hide a message from yourself, on all your devices',
  args: NAMED,
  examples: ['hide-message Lunch 12'],
  shapes: [
    { what: 'the message that was hidden', fields: ['conversationId', 'messageId', 'hidden'] },
  ],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    const messageId = await messageIdOf(client(), conversationId, arg('message'))
    await client().message.hide({ conversationId, messageId })
    out.result({ conversationId, messageId, hidden: true }, 'hidden')
  },
}

/** `tidings versions` */
export const versions: Command = {
  name: 'versions',
  summary: 'show what a message has said, the oldest first',
  args: NAMED,
  examples: ['versions @bob 12'],
  notes: 'The newest 100. A message that was deleted has none.',
  shapes: [{ what: 'what it said from a time on', fields: ['body', 'mentions', 'writtenAt'] }],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    const messageId = await messageIdOf(client(), conversationId, arg('message'))
    const page = await client().message.listVersions({ conversationId, messageId, limit: 100 })
    for (const version of page.items.toReversed()) {
      const time = out.paint('dim', dateAndTime(version.writtenAt))
      out.result({ mentions: [], ...version }, `${time}  ${bodyWords(version.body)}`)
    }
  },
}

const DIRECT: Shape = {
  what: 'a direct message, with whom it is, and how far it has got',
  fields: ['message', 'peer', 'delivered', 'read'],
}

/** `tidings direct` */
export const direct: Command = {
  name: 'direct',
  summary: 'list the direct messages that you have sent, or got, newest first',
  args: [{ name: 'direction', about: 'which of them', choices: ['sent', 'received'] }],
  options: [{ flags: '--limit <n>', about: 'how many (20)' }],
  examples: ['direct sent', 'direct received --limit 100'],
  shapes: [DIRECT],
  async run({ client, arg, options, out }) {
    const direction = arg('direction')
    if (direction !== 'sent' && direction !== 'received') throw usage('sent, or received?')
    const names = new Names(client())
    const count = options.count('limit') ?? 20
    const limit = Math.min(count, LIMITS.pageSize)
    const ask = (cursor?: string) => client().message.listDirect({ direction, cursor, limit })
    for await (const item of firstOf(everyItem(ask), count)) {
      const sender = out.json ? '' : await names.of(item.message.senderId)
      const to = direction === 'sent' ? ` → ${safeLine(item.peer.username)}` : ''
      const how = item.read ? 'read' : item.delivered ? 'delivered' : 'sent'
      const line = messageLine(item.message, `${sender}${to}`, out.paint)
      out.result(item, `${line}  ${out.paint('dim', how)}`)
    }
  },
}
