import type { Identity } from '@tidings/sdk'
import type { Command, Shape } from '../cli/command.ts'
import type { Output } from '../cli/output.ts'
import { safeLine } from '../words/safe-text.ts'
import { dateAndTime } from '../words/times.ts'

const IDENTITY: Shape = {
  what: 'an account elsewhere',
  fields: ['id', 'provider', 'issuer', 'subject', 'createdAt', 'lastUsedAt'],
}

/** `tidings identities list` */
export const listIdentities: Command = {
  name: 'identities list',
  summary: 'list the accounts elsewhere that open yours',
  examples: ['identities', 'identities list --json'],
  shapes: [IDENTITY],
  async run({ client, out }) {
    for (const identity of await client().identity.list()) out.result(identity, line(identity, out))
  },
}

/** `tidings identities unlink` */
export const unlinkIdentity: Command = {
  name: 'identities unlink',
  summary: 'let an account elsewhere open yours no more',
  args: [{ name: 'identity', about: 'its id' }],
  examples: ['identities unlink Jx3…'],
  shapes: [{ what: 'the account that is unlinked', fields: ['identityId', 'unlinked'] }],
  async run({ client, arg, out }) {
    const identityId = arg('identity')
    await client().identity.unlink({ identityId })
    out.result({ identityId, unlinked: true }, `${identityId} is unlinked`)
  },
}

function line({ id, provider, issuer, subject, lastUsedAt }: Identity, { paint }: Output): string {
  const where = safeLine(`${subject} at ${provider ?? issuer}`)
  const used = lastUsedAt === null ? 'not used yet' : `last used ${dateAndTime(lastUsedAt)}`
  return `${id}  ${where}  ${paint('dim', used)}`
}
