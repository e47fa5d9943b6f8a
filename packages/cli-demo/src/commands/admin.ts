import { isTidingsError, type TidingsClient } from '@tidings/sdk'
import type { Command, Shape } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { safeLine } from '../words/safe-text.ts'
import { dateAndTime } from '../words/times.ts'
import { everyItem } from './pages.ts'
import { askPassword, PASSWORD_OPTION } from './password.ts'
import { accountOf, findProfile, isId } from './references.ts'

/** What changes something asks for. */
export const FRESH = 'Needs a fresh sign-in, or “tidings confirm” within the last ten minutes.'
const ROLES = ['admin', 'user'] as const
const ID = { name: 'id', about: 'as the list shows it' }

/** `tidings confirm` */
export const confirm: Command = {
  name: 'confirm',
  summary: 'show again that it is you, for what asks for it; good for ten minutes',
  options: [PASSWORD_OPTION],
  examples: ['confirm'],
  shapes: [{ what: 'that it is you', fields: ['confirmed'] }],
  async run(call) {
    const password = await askPassword(call, { twice: false })
    await call.client().account.confirmPassword({ password })
    call.out.result({ confirmed: true }, 'good for ten minutes')
  },
}

/** `tidings admin apps` */
export const adminList: Command = {
  name: 'admin apps',
  summary: 'list all apps and who has registered them',
  examples: ['admin apps'],
  shapes: [{ what: 'an app', fields: ['id', 'name', 'state', 'suspended', 'creator'] }],
  async run({ client, out }) {
    const ask = (cursor?: string) => client().admin.listClients({ cursor, limit: 100 })
    for await (const app of everyItem(ask)) {
      const { id, name, state, suspended, creator } = app
      const text = `${id}  ${safeLine(name)}  ${suspended ? 'suspended' : state}  by ${safeLine(creator.username)}`
      out.result({ id, name, state, suspended, creator }, text)
    }
  },
}

/** `tidings admin suspend` */
export const adminSuspend: Command = {
  name: 'admin suspend',
  summary: 'suspend an app or a user; with --undo let it go on',
  args: [{ name: 'whom', about: 'a client_id, @user, or his id' }],
  options: [{ flags: '--undo', about: 'let it go on' }],
  examples: ['admin suspend 0193…', 'admin suspend @mallory', 'admin suspend @mallory --undo'],
  notes: FRESH,
  shapes: [{ what: 'what is suspended or not', fields: ['id', 'suspended'] }],
  async run({ client, arg, options, out }) {
    const word = arg('whom')
    const suspended = !options.flag('undo')
    const id = word.startsWith('@') ? (await accountOf(client(), word)).id : word
    await setSuspended(client(), { word, id, suspended })
    out.result({ id, suspended }, suspended ? 'suspended' : 'goes on')
  },
}

/** An id may be an app's or a user's: no two things have the same one. */
async function setSuspended(
  { admin }: TidingsClient,
  { word, id, suspended }: { word: string; id: string; suspended: boolean },
): Promise<void> {
  const ofUser = () => admin.setUserSuspended({ userId: id, suspended })
  if (word.startsWith('@')) return ofUser()
  try {
    await admin.setClientSuspended({ clientId: id, suspended })
  } catch (error) {
    const isNoApp = isTidingsError(error) && error.code === 'NOT_FOUND'
    if (!isNoApp || !isId(id)) throw error
    await ofUser()
  }
}

/** `tidings admin reviews` */
export const adminReviews: Command = {
  name: 'admin reviews',
  summary: 'list what apps have asked for and nobody has answered',
  examples: ['admin reviews'],
  shapes: [
    {
      what: 'what waits for an answer',
      fields: [
        ...['id', 'clientId', 'kind', 'scopes', 'reason', 'state', 'answer', 'createdAt'],
        ...['reviewedAt', 'client'],
      ],
    },
  ],
  async run({ client, out }) {
    const ask = (cursor?: string) => client().admin.listReviews({ cursor, limit: 100 })
    for await (const review of everyItem(ask)) {
      const { id, kind, scopes, reason } = review
      const what = kind === 'scopes' ? scopes.join(' ') : 'to be verified'
      const why = reason === null ? '' : `  “${safeLine(reason)}”`
      out.result(review, `${id}  ${safeLine(review.client.name)}  ${what}${why}`)
    }
  },
}

const DECIDED: Shape = { what: 'what was decided', fields: ['reviewId', 'decision'] }

/** `tidings admin approve` */
export const adminApprove: Command = {
  name: 'admin approve',
  summary: 'approve what an app has asked for',
  args: [ID],
  examples: ['admin approve 0193…'],
  notes: FRESH,
  shapes: [DECIDED],
  async run({ client, arg, out }) {
    const decided = { reviewId: arg('id'), decision: 'approve' } as const
    await client().admin.decideReview(decided)
    out.result(decided, 'approved')
  },
}

/** `tidings admin reject` */
export const adminRefuse: Command = {
  name: 'admin reject',
  summary: 'reject what an app has asked for, with a reason',
  args: [ID, { name: 'reason', about: 'which the developer sees' }],
  examples: ['admin reject 0193… "The description says nothing"'],
  notes: FRESH,
  shapes: [DECIDED],
  async run({ client, arg, out }) {
    const decided = { reviewId: arg('id'), decision: 'reject' } as const
    await client().admin.decideReview({ ...decided, answer: arg('reason') })
    out.result(decided, 'refused')
  },
}

/** `tidings admin users` */
export const adminUsers: Command = {
  name: 'admin users',
  summary: 'list users by name',
  args: [{ name: 'beginning', about: 'of the name', optional: true }],
  examples: ['admin users', 'admin users an'],
  shapes: [
    {
      what: 'a user',
      fields: ['id', 'username', 'email', 'role', 'createdAt', 'suspendedAt'],
    },
  ],
  async run({ client, optionalArg, out }) {
    const search = optionalArg('beginning')
    const ask = (cursor?: string) => client().admin.listUsers({ cursor, search, limit: 100 })
    for await (const user of everyItem(ask)) {
      const { id, username, role, suspendedAt } = user
      const state = suspendedAt === null ? '' : '  suspended'
      out.result(
        user,
        `${id}  ${safeLine(username)}${role === 'admin' ? '  administrator' : ''}${state}`,
      )
    }
  },
}

/** `tidings admin sign-out` */
export const adminSignOut: Command = {
  name: 'admin sign-out',
  summary: 'end all sessions of a user',
  args: [{ name: 'user', about: '@name or id' }],
  examples: ['admin sign-out @mallory'],
  notes: FRESH,
  shapes: [{ what: 'who is signed out', fields: ['userId', 'signedOut'] }],
  async run({ client, arg, out }) {
    const { id: userId } = await accountOf(client(), arg('user'))
    await client().admin.signOutUser({ userId })
    out.result({ userId, signedOut: true }, 'signed out everywhere')
  },
}

/** `tidings admin role` */
export const adminRole: Command = {
  name: 'admin role',
  summary: 'make a user an administrator, or an ordinary user again',
  args: [
    { name: 'user', about: '@name or id' },
    { name: 'role', about: 'admin or user', choices: ROLES },
  ],
  examples: ['admin role @bob admin', 'admin role @bob user'],
  notes: FRESH,
  shapes: [{ what: 'who has which office now', fields: ['userId', 'role'] }],
  async run({ client, arg, out }) {
    const role = ROLES.find((each) => each === arg('role'))
    if (role === undefined) throw usage(`“${arg('role')}” is neither admin nor user.`)
    const account = await accountOf(client(), arg('user'))
    const userId = account.id
    await client().admin.setUserRole({ userId, role })
    const name = account.username ?? (await findProfile(client(), { userId }))?.username ?? userId
    const office = role === 'admin' ? 'an administrator' : 'no administrator'
    out.result({ userId, role }, `${safeLine(name)} is ${office} now`)
  },
}

/** `tidings admin audit` */
export const adminAudit: Command = {
  name: 'admin audit',
  summary: 'show what was done, by whom and when: the newest first',
  options: [
    { flags: '--about <id>', about: 'of one app, user or scope' },
    { flags: '--limit <n>', about: 'at most so many (default 50)' },
  ],
  examples: ['admin audit', 'admin audit --about 0193…'],
  shapes: [
    {
      what: 'something that was done',
      fields: ['createdAt', 'actor', 'action', 'target', 'details'],
    },
  ],
  async run({ client, options, out }) {
    const limit = Math.min(options.count('limit') ?? 50, 100)
    const { items } = await client().admin.listAudit({ target: options.text('about'), limit })
    for (const entry of items) {
      const who = entry.actor === null ? 'the server' : safeLine(entry.actor.username)
      const text = `${dateAndTime(entry.createdAt)}  ${who}  ${entry.action}  ${safeLine(entry.target ?? '')}`
      out.result(entry, text)
    }
  },
}
