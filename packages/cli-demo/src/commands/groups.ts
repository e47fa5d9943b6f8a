import type { Member } from '@tidings/sdk'
import type { Command, Option } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { conversationLine, memberLine, titleOf } from '../words/conversation-words.ts'
import { safeLine } from '../words/safe-text.ts'
import { CONVERSATION } from './conversations.ts'
import { everyItem } from './pages.ts'
import { allConversations, conversationIdOf, findUser, subjectOf } from './references.ts'

const GROUP = { name: 'group', about: 'its id or its name' } as const
const ROLES = ['owner', 'admin', 'member'] as const
const HISTORY = ['all', 'joined'] as const

const NEW_GROUP_OPTIONS: readonly Option[] = [
  { flags: '--open', about: 'let in everybody who knows the id' },
  {
    flags: '--history <policy>',
    about: 'what newcomers see: all, or what is sent after they have joined',
    choices: HISTORY,
  },
]

/** `tidings groups list` */
export const listGroups: Command = {
  name: 'groups list',
  summary: 'list your groups, newest activity first',
  examples: ['groups', 'groups list --json'],
  shapes: [CONVERSATION],
  async run({ client, out }) {
    for await (const conversation of allConversations(client())) {
      if (conversation.kind === 'group')
        out.result(conversation, conversationLine(conversation, out))
    }
  },
}

/** `tidings groups create` */
export const createGroup: Command = {
  name: 'groups create',
  summary: 'make a group',
  args: [
    { name: 'name', about: 'what it is called' },
    { name: 'users', about: 'whom to take in', optional: true, many: true },
  ],
  options: NEW_GROUP_OPTIONS,
  examples: ['groups create Lunch @bob @cat', 'groups create Lunch --open --history all'],
  shapes: [CONVERSATION],
  async run({ client, arg, words, options, out }) {
    const users = await Promise.all(words('users').map((word) => findUser(client(), word)))
    const history = HISTORY.find((policy) => policy === options.text('history'))
    const group = await client().group.create({
      name: arg('name'),
      userIds: users.map(({ id }) => id),
      joinPolicy: options.flag('open') ? 'open' : 'invite',
      history,
    })
    out.result(group, conversationLine(group, out))
  },
}

/** `tidings groups show` */
export const showGroup: Command = {
  name: 'groups show',
  summary: 'show a group and its members',
  args: [GROUP],
  examples: ['groups show Lunch', 'groups show Lunch --json | jq .members[].username'],
  shapes: [
    {
      what: 'the group (as in `groups list`) and its members',
      fields: ['conversation', 'members'],
    },
  ],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    const conversation = await client().conversation.get({ conversationId })
    const ask = (cursor?: string) =>
      client().group.listMembers({ conversationId, cursor, limit: 100 })
    const members: Member[] = []
    for await (const member of everyItem(ask)) members.push(member)
    const lines = [
      conversationLine(conversation, out),
      ...members.map((member) => memberLine(member, out)),
    ]
    out.result({ conversation, members }, lines.join('\n'))
  },
}

/** `tidings groups add` */
export const addToGroup: Command = {
  name: 'groups add',
  summary: 'take users into a group',
  args: [GROUP, { name: 'users', about: 'whom', many: true }],
  examples: ['groups add Lunch @cat @dan'],
  shapes: [
    {
      what: 'who is new; those who were in already are left out',
      fields: ['conversationId', 'added'],
    },
  ],
  async run({ client, arg, words, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    const users = await Promise.all(words('users').map((word) => findUser(client(), word)))
    const userIds = users.map(({ id }) => id)
    const { added } = await client().group.addMembers({ conversationId, userIds })
    const names = users
      .filter(({ id }) => added.includes(id))
      .map((user) => safeLine(user.username))
    const said = names.length === 0 ? 'all of them were in already' : `added ${names.join(', ')}`
    out.result({ conversationId, added }, said)
  },
}

/** `tidings groups remove` */
export const removeFromGroup: Command = {
  name: 'groups remove',
  summary: 'remove a user from a group',
  args: [GROUP, { name: 'user', about: 'whom' }],
  examples: ['groups remove Lunch @cat'],
  shapes: [{ what: 'who was removed', fields: ['conversationId', 'userId', 'removed'] }],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    const { id: userId, username = userId } = await subjectOf(client(), {
      conversationId,
      word: arg('user'),
    })
    await client().group.removeMember({ conversationId, userId })
    out.result({ conversationId, userId, removed: true }, `removed ${safeLine(username)}`)
  },
}

/** `tidings groups rename` */
export const renameGroup: Command = {
  name: 'groups rename',
  summary: 'give a group another name',
  args: [GROUP, { name: 'name', about: 'what to call it' }],
  examples: ['groups rename Lunch "Late lunch"'],
  shapes: [CONVERSATION],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    const group = await client().group.update({ conversationId, name: arg('name') })
    out.result(group, conversationLine(group, out))
  },
}

/** `tidings groups role` */
export const setRole: Command = {
  name: 'groups role',
  summary: 'give a member another role',
  args: [
    GROUP,
    { name: 'user', about: 'whom' },
    { name: 'role', about: 'owner, admin or member', choices: ROLES },
  ],
  examples: ['groups role Lunch @bob admin'],
  shapes: [{ what: 'who has which role now', fields: ['conversationId', 'userId', 'role'] }],
  async run({ client, arg, out }) {
    const role = ROLES.find((each) => each === arg('role'))
    if (role === undefined) throw usage(`“${arg('role')}” is no role.`)
    const conversationId = await conversationIdOf(client(), arg('group'))
    const { id: userId, username } = await findUser(client(), arg('user'))
    await client().group.setRole({ conversationId, userId, role })
    out.result({ conversationId, userId, role }, `${safeLine(username)} is ${role} now`)
  },
}

/** `tidings groups transfer` */
export const transferGroup: Command = {
  name: 'groups transfer',
  summary: 'give your group to a member; you stay as an admin',
  args: [GROUP, { name: 'user', about: 'to whom' }],
  examples: ['groups transfer Lunch @bob'],
  shapes: [{ what: 'who owns the group now', fields: ['conversationId', 'userId', 'role'] }],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    const { id: userId, username } = await findUser(client(), arg('user'))
    await client().group.transfer({ conversationId, userId })
    out.result({ conversationId, userId, role: 'owner' }, `${safeLine(username)} is owner now`)
  },
}

/** `tidings join` */
export const join: Command = {
  name: 'join',
  summary: 'come into an open group, back into one that you have left, or in by an invitation',
  args: [{ name: 'group-id', about: 'the id of the group, or the code of an invitation' }],
  examples: ['join 0193…', 'join tdi_…'],
  shapes: [CONVERSATION],
  async run({ client, arg, out }) {
    const word = arg('group-id')
    const group = await (word.startsWith('tdi_')
      ? client().group.acceptInvitation({ code: word })
      : client().group.join({ conversationId: word }))
    out.result(group, conversationLine(group, out))
  },
}

/** `tidings leave` */
export const leave: Command = {
  name: 'leave',
  summary: 'leave a group',
  args: [GROUP],
  examples: ['leave Lunch'],
  shapes: [{ what: 'the group that you have left', fields: ['conversationId', 'left'] }],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    const conversation = await client().conversation.get({ conversationId })
    await client().group.leave({ conversationId })
    out.result({ conversationId, left: true }, `you have left ${titleOf(conversation)}`)
  },
}
