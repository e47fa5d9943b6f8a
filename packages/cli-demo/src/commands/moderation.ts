import type { Call, Command, Shape } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { nameWords } from '../words/name-words.ts'
import { untilWords } from '../words/until-words.ts'
import { safeLine } from '../words/safe-text.ts'
import { allBans, conversationIdOf, subjectOf } from './references.ts'

const GROUP = { name: 'group', about: 'its id or its name' } as const
const USER = { name: 'user', about: 'whom' } as const
const DONE: Shape = { what: 'whom it was about', fields: ['conversationId', 'userId'] }
const INVITATION: Shape = {
  what: 'an invitation, without its code',
  fields: ['id', 'conversationId', 'createdBy', 'createdAt', 'expiresAt', 'maxUses', 'uses'],
}
const MADE: Shape = {
  what: 'the invitation; `code` is told this once',
  fields: [...INVITATION.fields, 'code'],
}

/** `tidings groups mute` */
export const muteMember: Command = {
  name: 'groups mute',
  summary: 'keep a member from writing',
  args: [GROUP, USER],
  options: [{ flags: '--minutes <n>', about: 'for so long; without it, without end' }],
  examples: ['groups mute Lunch @cat', 'groups mute Lunch @cat --minutes 60'],
  shapes: [DONE],
  async run(call) {
    const minutes = wholeOf(call, 'minutes')
    const until = minutes === undefined ? undefined : Date.now() + minutes * 60_000
    await act(call, 'muted', (place) => call.client().group.muteMember({ ...place, until }))
  },
}

/** `tidings groups unmute` */
export const unmuteMember: Command = {
  name: 'groups unmute',
  summary: 'let a member write again',
  args: [GROUP, USER],
  examples: ['groups unmute Lunch @cat'],
  shapes: [DONE],
  run: (call) => act(call, 'unmuted', (place) => call.client().group.unmuteMember(place)),
}

/** `tidings groups ban` */
export const banMember: Command = {
  name: 'groups ban',
  summary: 'remove a user and keep him out',
  args: [GROUP, USER],
  examples: ['groups ban Lunch @cat'],
  notes: 'Who has blocked you, and is in no group with you, is named by his id.',
  shapes: [DONE],
  run: (call) => act(call, 'banned', (place) => call.client().group.banMember(place)),
}

/** `tidings groups unban` */
export const unbanMember: Command = {
  name: 'groups unban',
  summary: 'take a ban back',
  args: [GROUP, USER],
  examples: ['groups unban Lunch @cat'],
  shapes: [DONE],
  run: (call) => act(call, 'no longer banned:', (place) => call.client().group.unbanMember(place)),
}

/** `tidings groups bans` */
export const listBans: Command = {
  name: 'groups bans',
  summary: 'list who is kept out of a group',
  args: [GROUP],
  examples: ['groups bans Lunch'],
  shapes: [{ what: 'somebody who is kept out', fields: ['user', 'bannedBy', 'bannedAt'] }],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    for await (const ban of allBans(client(), conversationId)) out.result(ban, nameWords(ban.user))
  },
}

/** `tidings groups invite` */
export const invite: Command = {
  name: 'groups invite',
  summary: 'make a code by which others join',
  args: [GROUP],
  options: [
    { flags: '--uses <n>', about: 'how many may come in by it' },
    { flags: '--hours <n>', about: 'how long it opens the group' },
  ],
  examples: ['groups invite Lunch', 'groups invite Lunch --uses 5 --hours 24'],
  notes: 'The code is shown this once.',
  shapes: [MADE],
  async run(call) {
    const { client, arg, out } = call
    const conversationId = await conversationIdOf(client(), arg('group'))
    const hours = wholeOf(call, 'hours')
    const made = await client().group.createInvitation({
      conversationId,
      maxUses: wholeOf(call, 'uses'),
      expiresAt: hours === undefined ? undefined : Date.now() + hours * 3_600_000,
    })
    out.result(made, `tidings join ${made.code}`)
  },
}

/** `tidings groups invitations` */
export const listInvitations: Command = {
  name: 'groups invitations',
  summary: 'list the open invitations of a group',
  args: [GROUP],
  examples: ['groups invitations Lunch'],
  shapes: [INVITATION],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    for (const invitation of await client().group.listInvitations({ conversationId })) {
      const { id, uses, maxUses, expiresAt } = invitation
      const often = `used ${uses} of ${maxUses ?? 'any number of'} times`
      const long = expiresAt === null ? '' : `, ${untilWords(expiresAt)}`
      out.result(invitation, `${id}  ${often}${long}`)
    }
  },
}

/** `tidings groups preview` */
export const previewInvitation: Command = {
  name: 'groups preview',
  summary: 'show which group an invitation opens, before you come in',
  args: [{ name: 'code', about: 'of the invitation' }],
  examples: ['groups preview tdi_…'],
  notes: 'Coming in is: tidings join <code>',
  shapes: [{ what: 'the group, as far as a code tells', fields: ['name', 'memberCount'] }],
  async run({ client, arg, out }) {
    const group = await client().group.previewInvitation({ code: arg('code') })
    const members = group.memberCount === 1 ? '1 member' : `${group.memberCount} members`
    out.result(group, `${safeLine(group.name)}  ${out.paint('dim', members)}`)
  },
}

/** `tidings groups revoke` */
export const revokeInvitation: Command = {
  name: 'groups revoke',
  summary: 'end an invitation',
  args: [GROUP, { name: 'invitation', about: 'its id' }],
  examples: ['groups revoke Lunch 0193…'],
  shapes: [{ what: 'the one that has ended', fields: ['conversationId', 'invitationId'] }],
  async run({ client, arg, out }) {
    const conversationId = await conversationIdOf(client(), arg('group'))
    const invitationId = arg('invitation')
    await client().group.revokeInvitation({ conversationId, invitationId })
    out.result({ conversationId, invitationId }, 'it opens nothing any more')
  },
}

interface Place {
  readonly conversationId: string
  readonly userId: string
}

async function act(
  { client, arg, out }: Call,
  done: string,
  work: (place: Place) => Promise<void>,
): Promise<void> {
  const conversationId = await conversationIdOf(client(), arg('group'))
  const { id: userId, ...names } = await subjectOf(client(), { conversationId, word: arg('user') })
  const place = { conversationId, userId }
  await work(place)
  const { username } = names
  const whom = username === undefined ? userId : nameWords({ ...names, username })
  out.result(place, `${done} ${whom}`)
}

function wholeOf({ options }: Call, name: string): number | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d{1,6}$/.test(text) || value === 0)
    throw usage(`--${name} takes a whole number of 1 or more.`)
  return value
}
