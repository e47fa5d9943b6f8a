import { FOREVER, type UpdatePreferenceInput } from '@tidings/sdk'
import type { Argument, Call, Command, Shape } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { preferenceWords, titleOf } from '../words/conversation-words.ts'
import { safeLine } from '../words/safe-text.ts'
import { readDuration } from '../words/when.ts'
import { everyItem } from './pages.ts'
import { conversationIdOf } from './references.ts'

const CONVERSATION: Argument = {
  name: 'conversation',
  about: 'its id, @user, or the name of a group',
}
const PREFERENCE: Shape = {
  what: 'what you have set about the conversation, all of it',
  fields: ['conversationId', 'mutedUntil', 'archived', 'pinnedAt', 'data'],
}

type Wanted = Omit<UpdatePreferenceInput, 'conversationId'>

interface Setting {
  readonly summary: string
  readonly options?: Command['options']
  readonly examples: readonly string[]
  readonly wanted: (call: Call) => Wanted
}

/** A command that sets something about a conversation for the user alone. */
function setting(name: string, { wanted, ...about }: Setting): Command {
  return {
    ...{ name, ...about, args: [CONVERSATION], shapes: [PREFERENCE] },
    async run(call) {
      const { client, arg, out } = call
      const conversationId = await conversationIdOf(client(), arg('conversation'))
      const { conversation } = client()
      const set = await conversation.updatePreference({ conversationId, ...wanted(call) })
      const words = preferenceWords(set).join(', ') || 'as at first'
      out.result({ conversationId, ...set }, `for you it is now ${words}`)
    },
  }
}

/** `tidings mute` */
export const mute: Command = setting('mute', {
  summary: 'mute a conversation for yourself',
  options: [{ flags: '--for <time>', about: 'how long: 90m, 2h, 3d; without it, for ever' }],
  examples: ['mute Lunch', 'mute @bob --for 8h'],
  wanted({ options }) {
    const time = options.text('for')
    return { mutedUntil: time === undefined ? FOREVER : Date.now() + readDuration(time) }
  },
})

/** `tidings unmute` */
export const unmute: Command = setting('unmute', {
  summary: 'take the muting back',
  examples: ['unmute Lunch'],
  wanted: () => ({ mutedUntil: null }),
})

/** `tidings archive` */
export const archive: Command = setting('archive', {
  summary: 'put a conversation into the archive, for yourself',
  examples: ['archive Lunch'],
  wanted: () => ({ archived: true }),
})

/** `tidings unarchive` */
export const unarchive: Command = setting('unarchive', {
  summary: 'take a conversation out of the archive',
  examples: ['unarchive Lunch'],
  wanted: () => ({ archived: false }),
})

/** `tidings pin` */
export const pin: Command = setting('pin', {
  summary: 'keep a conversation at the top, for yourself',
  examples: ['pin Lunch'],
  wanted: () => ({ pinned: true }),
})

/** `tidings unpin` */
export const unpin: Command = setting('unpin', {
  summary: 'let a conversation find its place by its activity again',
  examples: ['unpin Lunch'],
  wanted: () => ({ pinned: false }),
})

/** `tidings hide` */
export const hide: Command = {
  name: 'hide',
  summary: 'take a conversation and what is in it out of your sight, until something new is sent',
  args: [CONVERSATION],
  examples: ['hide @bob'],
  notes: 'The others notice nothing, and keep what is in it. For you it does not come back.',
  shapes: [{ what: 'the conversation that you have hidden', fields: ['conversationId', 'hidden'] }],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    const { head, ...conversation } = await client().conversation.get({ conversationId })
    // What comes in this moment is not hidden unseen.
    await client().conversation.hide({ conversationId, seq: head })
    out.result({ conversationId, hidden: true }, `you have hidden ${titleOf(conversation)}`)
  },
}

/** `tidings mark-unread` */
export const markUnread: Command = {
  name: 'mark-unread',
  summary: 'mark a conversation as unread from a message on, until you read it',
  args: [CONVERSATION, { name: 'number', about: 'of the message, as history shows it' }],
  examples: ['mark-unread @bob 17'],
  shapes: [{ what: 'how much is unread now', fields: ['conversationId', 'unread', 'unreadFrom'] }],
  async run({ client, arg, out }) {
    const seq = numberOf(arg('number'))
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    await client().conversation.markUnread({ conversationId, seq })
    const { unread, unreadFrom } = await client().conversation.get({ conversationId })
    out.result({ conversationId, unread, unreadFrom }, `${unread} unread`)
  },
}

/** `tidings receipts` */
export const receipts: Command = {
  name: 'receipts',
  summary: 'show to whom a message was delivered, and who has read it',
  args: [CONVERSATION, { name: 'number', about: 'of the message, as history shows it' }],
  examples: ['receipts Lunch 17'],
  shapes: [{ what: 'one other member', fields: ['userId', 'username', 'delivered', 'read'] }],
  async run({ client, arg, out }) {
    const seq = numberOf(arg('number'))
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    const ask = (cursor?: string) =>
      client().message.listReceipts({ conversationId, seq, cursor, limit: 100 })
    for await (const receipt of everyItem(ask)) {
      const { username, delivered, read } = receipt
      const state = read ? 'has read it' : delivered ? 'has it' : 'not yet'
      out.result(receipt, `${safeLine(username)}  ${state}`)
    }
  },
}

function numberOf(word: string): number {
  if (!/^\d{1,15}$/.test(word) || Number(word) === 0)
    throw usage(`A message is named by its number, not “${word}”.`)
  return Number(word)
}
