import type { Session } from '@tidings/sdk'
import type { Command, Shape } from '../cli/command.ts'
import type { Output } from '../cli/output.ts'
import { safeLine } from '../words/safe-text.ts'
import { dateAndTime } from '../words/times.ts'

const SESSION: Shape = {
  what: 'a session',
  fields: [
    ...['id', 'deviceId', 'platform', 'model', 'build', 'name', 'createdAt', 'lastSeenAt'],
    'current',
  ],
}

/** `tidings sessions list` */
export const listSessions: Command = {
  name: 'sessions list',
  summary: 'list your sign-ins, on all devices',
  examples: ['sessions', 'sessions list --json'],
  shapes: [SESSION],
  async run({ client, out }) {
    for (const session of await client().session.list()) out.result(session, line(session, out))
  },
}

/** `tidings sessions rename` */
export const renameSession: Command = {
  name: 'sessions rename',
  summary: 'give a session another name',
  args: [
    { name: 'session', about: 'its id' },
    { name: 'name', about: 'what to call it' },
  ],
  examples: ['sessions rename 0193… "the laptop"'],
  shapes: [SESSION],
  async run({ client, arg, out }) {
    const session = await client().session.rename({ sessionId: arg('session'), name: arg('name') })
    out.result(session, line(session, out))
  },
}

/** `tidings sessions revoke` */
export const revokeSession: Command = {
  name: 'sessions revoke',
  summary: 'end a session; its connections close',
  args: [{ name: 'session', about: 'its id' }],
  examples: ['sessions revoke 0193…'],
  shapes: [{ what: 'the session that has ended', fields: ['sessionId', 'revoked'] }],
  async run({ client, arg, out }) {
    const sessionId = arg('session')
    await client().session.revoke({ sessionId })
    out.result({ sessionId, revoked: true }, `session ${sessionId} has ended`)
  },
}

/** `tidings sessions revoke-others` */
export const revokeOtherSessions: Command = {
  name: 'sessions revoke-others',
  summary: 'end every session but this one',
  examples: ['sessions revoke-others'],
  shapes: [{ what: 'that the others have ended', fields: ['revokedOthers'] }],
  async run({ client, out }) {
    await client().session.revokeOthers()
    out.result({ revokedOthers: true }, 'every other session has ended')
  },
}

function line({ id, name, platform, lastSeenAt, current }: Session, { paint }: Output): string {
  const place = safeLine(name ?? platform ?? 'a device without a name')
  const seen = `last used ${dateAndTime(lastSeenAt)}`
  return `${id}  ${place}  ${paint('dim', seen)}${current ? paint('green', '  this one') : ''}`
}
