import type { TidingsClient, UserRef } from '@tidings/sdk'
import type { Call, Command, Shape } from '../cli/command.ts'
import { nameWords } from '../words/name-words.ts'
import { safeLine } from '../words/safe-text.ts'
import { everyItem } from './pages.ts'
import { findProfile, findUser, userRefOf } from './references.ts'

const USER = { name: 'user', about: 'his id or @name' } as const
const STATES = ['requested', 'received', 'accepted'] as const
const CONTACT: Shape = {
  what: 'a contact or a request: asked by you, by him, or accepted',
  fields: ['user', 'state', 'updatedAt'],
}
const DONE: Shape = { what: 'whom it was about', fields: ['userId', 'username'] }
const BARRED: Shape = {
  what: 'whom it was about; of one who has blocked you too what you have named him by, and null for the other',
  fields: DONE.fields,
}

const WORDS = {
  requested: 'asked by you',
  received: 'asks you',
  accepted: 'contact',
} as const

/** `tidings contacts list` */
export const listContacts: Command = {
  name: 'contacts list',
  summary: 'list your contacts, and who has asked to be one',
  options: [{ flags: '--state <state>', about: 'these alone', choices: STATES }],
  examples: ['contacts', 'contacts list --state received'],
  shapes: [CONTACT],
  async run({ client, options, out }) {
    const state = STATES.find((each) => each === options.text('state'))
    for await (const contact of everyItem((cursor) =>
      client().contact.list({ state, cursor, limit: 100 }),
    ))
      out.result(contact, `${nameWords(contact.user)}  ${out.paint('dim', WORDS[contact.state])}`)
  },
}

/** `tidings contacts request` */
export const requestContact: Command = {
  name: 'contacts request',
  summary: 'ask a user to be your contact; whoever has asked you already is one from then on',
  args: [USER],
  examples: ['contacts request @bob'],
  shapes: [CONTACT],
  async run({ client, arg, out }) {
    const { id: userId } = await findUser(client(), arg('user'))
    const contact = await client().contact.request({ userId })
    out.result(contact, `${nameWords(contact.user)}: ${WORDS[contact.state]}`)
  },
}

/** `tidings contacts accept` */
export const acceptContact: Command = {
  name: 'contacts accept',
  summary: 'take on who has asked',
  args: [USER],
  examples: ['contacts accept @bob'],
  shapes: [CONTACT],
  async run({ client, arg, out }) {
    const { id: userId } = await findUser(client(), arg('user'))
    const contact = await client().contact.accept({ userId })
    out.result(contact, `${nameWords(contact.user)}: ${WORDS[contact.state]}`)
  },
}

/** `tidings contacts decline` */
export const declineContact: Command = {
  name: 'contacts decline',
  summary: 'turn down who has asked',
  args: [USER],
  examples: ['contacts decline @bob'],
  shapes: [DONE],
  run: (call) => about(call, 'declined', (client, userId) => client.contact.decline({ userId })),
}

/** `tidings contacts remove` */
export const removeContact: Command = {
  name: 'contacts remove',
  summary: 'end being contacts, or take a request back',
  args: [USER],
  examples: ['contacts remove @bob'],
  shapes: [DONE],
  run: (call) => about(call, 'removed', (client, userId) => client.contact.remove({ userId })),
}

/** `tidings blocks list` */
export const listBlocks: Command = {
  name: 'blocks list',
  summary: 'list whom you have blocked',
  examples: ['blocks'],
  shapes: [{ what: 'somebody whom you have blocked', fields: ['user', 'blockedAt'] }],
  async run({ client, out }) {
    for await (const block of everyItem((cursor) => client().block.list({ cursor, limit: 100 })))
      out.result(block, nameWords(block.user))
  },
}

/** `tidings blocks add` */
export const blockUser: Command = {
  name: 'blocks add',
  summary: 'block a user: nothing passes between the two of you any more, but in groups',
  args: [USER],
  examples: ['blocks add @bob'],
  shapes: [BARRED],
  run: (call) => bar(call, 'blocked', (client, user) => client.block.create(user)),
}

/** `tidings blocks remove` */
export const unblockUser: Command = {
  name: 'blocks remove',
  summary: 'take a block back',
  args: [USER],
  examples: ['blocks remove @bob'],
  shapes: [BARRED],
  run: (call) => bar(call, 'unblocked', (client, user) => client.block.delete(user)),
}

async function about(
  { client, arg, out }: Call,
  done: string,
  act: (client: TidingsClient, userId: string) => Promise<void>,
): Promise<void> {
  const user = await findUser(client(), arg('user'))
  await act(client(), user.id)
  out.result({ userId: user.id, username: user.username }, `${done} ${nameWords(user)}`)
}

/** Blocks are made and taken back by the name itself: who has blocked the caller is found by nothing else. */
async function bar(
  { client, arg, out }: Call,
  done: string,
  act: (client: TidingsClient, user: UserRef) => Promise<void>,
): Promise<void> {
  const word = arg('user')
  const ref = userRefOf(word)
  await act(client(), ref)
  const user = await findProfile(client(), ref)
  if (user === undefined)
    out.result({ userId: null, username: null, ...ref }, `${done} ${safeLine(word)}`)
  else out.result({ userId: user.id, username: user.username }, `${done} ${nameWords(user)}`)
}
