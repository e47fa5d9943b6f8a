import type { Profile, User } from '@tidings/sdk'
import type { Command, Option, Shape } from '../cli/command.ts'
import type { Options } from '../cli/options.ts'
import { nameWords } from '../words/name-words.ts'
import { safeLine } from '../words/safe-text.ts'
import { findUser } from './references.ts'

const PROFILE: Shape = {
  what: 'the user; what he has not given, or does not show to you, is null',
  fields: ['id', 'username', 'displayName', 'firstName', 'lastName', 'about', 'avatarUrl'],
}
const AUDIENCES = ['everybody', 'contacts', 'nobody'] as const
const EDITS: readonly Option[] = [
  { flags: '--display-name <name>', about: 'the name that is shown' },
  { flags: '--first-name <name>', about: 'for your contacts' },
  { flags: '--last-name <name>', about: 'for your contacts' },
  { flags: '--about <text>', about: 'a text about you' },
  { flags: '--avatar <link>', about: 'an http or https link to a picture' },
]

/** `tidings profile show` */
export const showProfile: Command = {
  name: 'profile show',
  summary: 'show what a user tells of himself, or what you do',
  args: [{ name: 'user', about: 'his id or @name; you, without one', optional: true }],
  examples: ['profile show @bob', 'profile show --json'],
  shapes: [PROFILE],
  async run({ client, optionalArg, out }) {
    const word = optionalArg('user')
    const profile =
      word === undefined ? await client().account.get() : await findUser(client(), word)
    out.result(toLine(profile), profileWords(profile))
  },
}

/** `tidings profile edit` */
export const editProfile: Command = {
  name: 'profile edit',
  summary: 'change what you tell of yourself',
  options: EDITS,
  examples: ['profile edit --display-name "Ann the first"', 'profile edit --about ""'],
  notes: 'An empty value takes it away.',
  shapes: [PROFILE],
  async run({ client, options, out }) {
    const me = await client().account.updateProfile({
      displayName: edited(options, 'displayName'),
      firstName: edited(options, 'firstName'),
      lastName: edited(options, 'lastName'),
      about: edited(options, 'about'),
      avatarUrl: edited(options, 'avatar'),
    })
    out.result(toLine(me), profileWords(me))
  },
}

/** `tidings privacy` */
export const privacy: Command = {
  name: 'privacy',
  summary: 'say who sees that you are online; you see of others what you show to them',
  args: [{ name: 'who', about: 'everybody, contacts or nobody', choices: AUDIENCES }],
  examples: ['privacy contacts'],
  shapes: [{ what: 'who sees it from now on', fields: ['presenceFor'] }],
  async run({ client, arg, out }) {
    const presenceFor = AUDIENCES.find((each) => each === arg('who')) ?? 'everybody'
    await client().account.updatePrivacy({ presenceFor })
    out.result({ presenceFor }, `${presenceFor} may see that you are online`)
  },
}

function edited(options: Options, name: string): string | null | undefined {
  const text = options.text(name)
  return text === '' ? null : text
}

/** Every field of every line is there. */
function toLine(profile: Profile | User): object {
  const { id, username, displayName, firstName, lastName, about, avatarUrl } = profile
  const given = { displayName, firstName, lastName, about, avatarUrl }
  const entries = Object.entries(given).map(([name, value]): [string, string | null] => [
    name,
    value ?? null,
  ])
  return { id, username, ...Object.fromEntries(entries) }
}

function profileWords(profile: Profile | User): string {
  const { firstName, lastName, about, avatarUrl } = profile
  const names = [firstName, lastName].flatMap((name) =>
    name === undefined ? [] : [safeLine(name)],
  )
  const lines = [
    [nameWords(profile), ...names].join('  '),
    ...(about === undefined ? [] : about.split('\n').map((line) => `  ${safeLine(line)}`)),
    ...(avatarUrl === undefined ? [] : [`  ${safeLine(avatarUrl)}`]),
  ]
  return lines.join('\n')
}
