import { nameKey } from '@tidings/protocol'
import { writeBesideServer } from '../db/beside.ts'
import type { CommandOptions } from './options.ts'

const UPDATE = 'update users set role = $1 where username_key = $2 returning id, username, role'

/** `tidings-server make-admin <username> [--undo]`. No server remembers a role, so it need not be stopped. */
export async function runMakeAdmin(options: CommandOptions): Promise<number> {
  const { databaseUrl, json, write, words, flags } = options
  const [username = ''] = words
  const role = flags.has('--undo') ? 'user' : 'admin'
  const parameters = [role, nameKey(username)]
  const [user] = await writeBesideServer(databaseUrl, { text: UPDATE, parameters })
  if (user === undefined) {
    options.fail(`there is no user "${username}"`)
    return 1
  }
  const sentence = `${String(user['username'])} is ${role === 'admin' ? 'an administrator' : 'no administrator any more'}.`
  write(json ? `${JSON.stringify(user)}\n` : `${sentence}\n`)
  return 0
}
