import { deviceSchema, TidingsError, usernameSchema } from '@tidings/protocol'
import type { Credentials, Device } from '@tidings/protocol/wire'
import type * as z from 'zod'
import { randomToken } from '../auth/primitives.ts'
import { findUser, lockUser, type UserRow } from '../stores/user.ts'
import { addUser, requireActive, TAKEN } from './account.ts'
import type { Deps } from './deps.ts'
import { signIn, toCredentials } from './sign-in.ts'

/** A user whom the app that embeds the server has identified. */
export interface TrustedSignIn {
  /**
   * The same for the same user for ever. 1 to 32 letters, digits, marks, `_`, `-` and `.` of any script, the first of them a
   * letter or a digit, none invisible; no name that could pass for the operator, such as `admin`.
   */
  readonly username: string
  /** The device that will use the sign-in; naming it again continues its session. Without it every sign-in begins one. */
  readonly device?: Device | undefined
}

/**
 * Signs in without a password whom the app has identified, and makes the account at the first time.
 * @throws TidingsError INVALID_INPUT, USERNAME_TAKEN, FORBIDDEN (suspended)
 */
export async function signInTrusted(deps: Deps, given: TrustedSignIn): Promise<Credentials> {
  const { database, config } = deps
  if (config.registration !== 'closed') throw new Error(STRANGERS)
  const username = parsed(usernameSchema, 'username', given.username)
  const device = parsed(deviceSchema.optional(), 'device', given.device)
  const user =
    (await findUser(database, database.read, { username })) ?? (await add(deps, username))
  // Names that compare as equal are two users to the app.
  if (user.username !== username) throw new TidingsError('USERNAME_TAKEN')
  const signedIn = await database.tx(async (tx) => {
    const held = await lockUser(database, tx, user.key)
    if (held === undefined) throw new TidingsError('UNAVAILABLE')
    requireActive(held)
    return signIn(deps, tx, { user: held, device, now: await database.now(tx) })
  })
  return toCredentials(deps, signedIn, 'short')
}

const STRANGERS =
  "signIn needs registration: 'closed', or a stranger could take the name of the app's user first"

/** An account that no password opens. */
async function add(deps: Deps, username: string): Promise<UserRow> {
  const { database, journal } = deps
  const passwordHash = await deps.auth.hashPassword(randomToken())
  return journal
    .transact((tx) => addUser(deps, tx, { username, passwordHash }))
    .catch(async (error: unknown) => {
      const faster = error === TAKEN && (await findUser(database, database.read, { username }))
      if (faster) return faster
      // The name of somebody who was erased.
      throw error === TAKEN ? new TidingsError('USERNAME_TAKEN') : error
    })
}

function parsed<Output>(schema: z.ZodType<Output>, path: string, value: unknown): Output {
  const { data, error } = schema.safeParse(value)
  if (error === undefined) return data
  const fields = error.issues.map(({ message }) => ({ path, message }))
  throw new TidingsError('INVALID_INPUT', undefined, { fields })
}
