import {
  FOREVER,
  type MessageItem,
  type NoKinds,
  type Preference,
  type UpdatePreferenceInput,
} from '@tidings/sdk'
import { findUser } from '../commands/references.ts'
import { usage } from '../cli/failure.ts'
import { preferenceWords, titleOf } from '../words/conversation-words.ts'
import { safeLine } from '../words/safe-text.ts'
import type { Desk } from './desk.ts'
import { chosenOf } from './frame.ts'
import { SLASH_COMMANDS, type SlashName } from './slash.ts'

type Item = MessageItem<NoKinds>

type CommandWork = (desk: Desk, rest: string) => Promise<void> | void

const WORK: Readonly<Record<SlashName, CommandWork>> = {
  help: (desk) => desk.show(helpLines()),
  quit: (desk) => desk.end(),
  numbers: (desk) => desk.toggleNumbers(),
  async open(desk, rest) {
    const { id: userId } = await findUser(desk.client, require(rest, '/open @name'))
    desk.choose((await desk.client.conversation.open({ userId })).id)
  },
  group: createGroup,
  async join(desk, rest) {
    const conversationId = require(rest, '/join id')
    desk.choose((await desk.client.group.join({ conversationId })).id)
  },
  members: showMembers,
  async add(desk, rest) {
    const { id, username } = await findUser(desk.client, require(rest, '/add @name'))
    const conversationId = requireChosen(desk).id
    const { added } = await desk.client.group.addMembers({ conversationId, userIds: [id] })
    desk.say(added.length === 0 ? `${username} is in already` : `${username} is in`)
  },
  async rename(desk, rest) {
    const name = require(rest, '/rename name')
    await desk.client.group.update({ conversationId: requireChosen(desk).id, name })
  },
  leave,
  mute: (desk) =>
    prefer(desk, ({ mutedUntil }) => ({ mutedUntil: mutedUntil === null ? FOREVER : null })),
  pin: (desk) => prefer(desk, ({ pinnedAt }) => ({ pinned: pinnedAt === null })),
  archive: (desk) => prefer(desk, ({ archived }) => ({ archived: !archived })),
  async hide(desk) {
    const { id: conversationId } = requireChosen(desk)
    desk.choose(desk.get().conversations.find(({ id }) => id !== conversationId)?.id)
    await desk.client.conversation.hide({ conversationId })
  },
  async unread(desk, rest) {
    const { id: conversationId } = requireChosen(desk)
    const { messages, user } = desk.get()
    const others = (messages?.items ?? []).filter(({ senderId }) => senderId !== user?.id)
    const item = rest === '' ? others.at(-1) : others.find(({ seq }) => String(seq) === rest)
    if (item?.seq === undefined) throw usage('Nobody else has said that: see /numbers')
    // What is shown is read: so another is shown.
    desk.choose(desk.get().conversations.find(({ id }) => id !== conversationId)?.id)
    await desk.client.conversation.markUnread({ conversationId, seq: item.seq })
  },
  edit: beginEditing,
  delete(desk, rest) {
    const { conversationId, clientMessageId } = ownTarget(desk, rest)
    return desk.client.message.delete({ conversationId, clientMessageId })
  },
  async retry(desk) {
    await desk.client.message.retry({ clientMessageId: failedId(desk) })
  },
  discard: (desk) => desk.client.message.discard({ clientMessageId: failedId(desk) }),
}

/** Carries out what was said to the program. */
export async function carryOut(desk: Desk, name: SlashName, rest: string): Promise<void> {
  await WORK[name](desk, rest)
}

/** Sets something for the user alone about the conversation that is shown. */
async function prefer(
  desk: Desk,
  wanted: (preference: Preference) => Omit<UpdatePreferenceInput, 'conversationId'>,
): Promise<void> {
  const { id: conversationId, preference } = requireChosen(desk)
  const change = { conversationId, ...wanted(preference) }
  const words = preferenceWords(await desk.client.conversation.updatePreference(change))
  desk.say(`for you it is now ${words.join(', ') || 'as at first'}`)
}

function helpLines(): readonly string[] {
  const commands = SLASH_COMMANDS.map(
    ([name, args, about]) => `/${name} ${args}`.padEnd(22) + about,
  )
  return [
    'Enter sends, Alt-Enter (or Ctrl-J) begins a new line.',
    'Tab and Shift-Tab go through the conversations.',
    'PgUp, PgDn and the arrows look at older messages, Esc goes back.',
    '◌ waits here  ✓ on the server  ✓✓ with everybody  coloured: read',
    '',
    ...commands,
  ]
}

function require(rest: string, form: string): string {
  if (rest === '') throw usage(`Say it like this: ${form}`)
  return rest
}

function requireChosen(desk: Desk) {
  const chosen = chosenOf(desk.get())
  if (chosen === undefined) throw usage('Choose a conversation first.')
  return chosen
}

async function createGroup(desk: Desk, rest: string): Promise<void> {
  const words = rest.split(/\s+/)
  const names = words.filter((word) => word.startsWith('@'))
  const name = words.filter((word) => !word.startsWith('@')).join(' ')
  const users = await Promise.all(names.map((word) => findUser(desk.client, word)))
  const userIds = users.map(({ id }) => id)
  desk.choose(
    (await desk.client.group.create({ name: require(name, '/group name @user …'), userIds })).id,
  )
}

async function showMembers(desk: Desk): Promise<void> {
  const { id: conversationId, ...conversation } = requireChosen(desk)
  const { items, next } = await desk.client.group.listMembers({ conversationId, limit: 100 })
  const lines = items.map(
    ({ username, role }) => `  ${safeLine(username)}${role === 'member' ? '' : ` (${role})`}`,
  )
  desk.show([titleOf(conversation), ...lines, ...(next === null ? [] : ['  …'])])
}

async function leave(desk: Desk): Promise<void> {
  const { id: conversationId, ...conversation } = requireChosen(desk)
  await desk.client.group.leave({ conversationId })
  desk.choose(desk.get().conversations.find(({ id }) => id !== conversationId)?.id)
  desk.say(`you have left ${titleOf(conversation)}`)
}

function beginEditing(desk: Desk, rest: string): void {
  const { item, ...target } = ownTarget(desk, rest)
  if (item.body.kind !== 'text') throw usage('Only a text can be changed.')
  desk.beginEditing(target, item.body.text)
}

/** The own message with this number, or the last one. */
function ownTarget(desk: Desk, rest: string) {
  const { messages, user } = desk.get()
  const own = (messages?.items ?? []).filter(
    ({ senderId, body }) => senderId === user?.id && body.kind !== 'deleted',
  )
  const item = rest === '' ? own.at(-1) : own.find(({ seq }) => String(seq) === rest)
  if (item === undefined) {
    throw usage(
      rest === ''
        ? 'You have said nothing here.'
        : `None of your messages here has the number ${rest}: see /numbers`,
    )
  }
  const { conversationId } = item
  if (item.clientMessageId === null) throw usage('That message was sent without an id of its own.')
  return { item, conversationId, clientMessageId: item.clientMessageId }
}

function failedId(desk: Desk): string {
  const failed = desk.get().messages?.items.findLast((item: Item) => item.state === 'failed')
  const clientMessageId = failed?.clientMessageId ?? undefined
  if (clientMessageId === undefined) throw usage('Nothing here was refused.')
  return clientMessageId
}
