import type { Command } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { safeJson } from '../words/safe-text.ts'
import { askPassword, PASSWORD_OPTION } from './password.ts'
import { conversationIdOf } from './references.ts'

/** `tidings account export` */
export const exportAccount: Command = {
  name: 'account export',
  summary: 'print all that the server has about you and that you may see, a JSON object a line',
  args: [
    {
      name: 'conversation',
      about: 'its id, @user, or a group’s name; everything, without one',
      optional: true,
    },
  ],
  examples: ['account export > me.ndjson', 'account export @bob'],
  notes:
    'First you, your sessions, accounts elsewhere, contacts, blocks and notifications, then each conversation with its members and messages, the oldest first. The last line is {"type":"end"}: without it the export is not whole.',
  shapes: [
    { what: 'you', fields: ['type', 'user'] },
    { what: 'one of your sessions', fields: ['type', 'session'] },
    { what: 'an account elsewhere by which you sign in', fields: ['type', 'identity'] },
    { what: 'a contact, or a request', fields: ['type', 'contact'] },
    { what: 'somebody whom you have blocked', fields: ['type', 'block'] },
    { what: 'what the operator has told you', fields: ['type', 'notification'] },
    { what: 'a conversation that you are in', fields: ['type', 'conversation'] },
    { what: 'a member of it', fields: ['type', 'conversationId', 'member'] },
    { what: 'a message', fields: ['type', 'message'] },
    { what: 'the end', fields: ['type'] },
  ],
  async run({ client, optionalArg, out }) {
    const word = optionalArg('conversation')
    const conversationId = word === undefined ? undefined : await conversationIdOf(client(), word)
    for await (const item of client().account.export({ conversationId }))
      out.result(item, safeJson(item))
    const end = { type: 'end' }
    out.result(end, safeJson(end))
  },
}

/** `tidings account erase` */
export const eraseAccount: Command = {
  name: 'account erase',
  summary: 'erase your account for good: you, and all that you have written',
  options: [{ flags: '--yes', about: 'that you mean it' }, PASSWORD_OPTION],
  examples: ['account erase --yes'],
  notes:
    'It cannot be taken back, and nobody can have your name again. You are signed out everywhere at once; your messages are deleted for all soon after. Export first what you want to keep.',
  shapes: [{ what: 'that it is done', fields: ['erased'] }],
  async run(call) {
    const { client, profile, options, out } = call
    if (!options.flag('yes')) throw usage('This cannot be taken back. Say --yes if you mean it.')
    const password = await askPassword(call, { twice: false })
    await client().account.erase({ password })
    profile.forget()
    out.result({ erased: true }, 'you are erased')
  },
}
