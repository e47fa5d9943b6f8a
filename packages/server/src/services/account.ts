import { nameKey, TidingsError } from '@tidings/protocol'
import type { changePasswordSchema, loginSchema, registerSchema } from '@tidings/protocol'
import type { Credentials, Registered, User } from '@tidings/protocol/wire'
import type * as z from 'zod'
import { NO_PASSWORD } from '../auth/password.ts'
import { digestOf } from '../auth/primitives.ts'
import type { Tx } from '../db/database.ts'
import type { JournalTx } from '../journal/journal.ts'
import { listOtherSessionKeys } from '../stores/session.ts'
import { inside } from '../stores/conversation.ts'
import { deleteMailCodes } from '../stores/mail-code.ts'
import { findUser, insertUser, lockUser, updatePasswordHash, type UserRow } from '../stores/user.ts'
import type { Actor } from './actor.ts'
import type { Caller } from './caller.ts'
import type { Deps } from './deps.ts'
import { isErasedName } from './erased-name.ts'
import { endSessions } from './session.ts'
import { signIn, toCredentials, toUser } from './sign-in.ts'

type RegisterInput = z.output<typeof registerSchema>
type LoginInput = z.output<typeof loginSchema>
type ChangePasswordInput = z.output<typeof changePasswordSchema>

/**
 * Makes an account, with the user's own stream, and signs in when asked to.
 * @throws TidingsError REGISTRATION_CLOSED, RATE_LIMITED, USERNAME_TAKEN, EMAIL_TAKEN, INVALID_INPUT
 */
export async function register(
  deps: Deps,
  caller: Caller,
  input: RegisterInput,
): Promise<Registered> {
  if (deps.config.registration === 'closed') throw new TidingsError('REGISTRATION_CLOSED')
  requireLongEnough(deps, 'password', input.password)
  await deps.auth.guesses.chargeRegistration(caller.ip)
  // Before the hash, which is dear; the unique index decides.
  await requireFree(deps, input)
  const passwordHash = await deps.auth.hashPassword(input.password)
  const { user, signedIn } = await deps.journal
    .transact(async (journal) => {
      const made = await addUser(deps, journal, { ...input, passwordHash })
      const now = await journal.now()
      const { tx } = journal
      return {
        user: made,
        signedIn: input.signIn
          ? await signIn(deps, tx, { user: made, device: input.device, now })
          : undefined,
      }
    })
    .catch(async (error: unknown) => {
      // Somebody was a moment faster: now his row is there to say which of the two is taken.
      if (error === TAKEN) await requireFree(deps, input)
      throw error === TAKEN ? new TidingsError('UNAVAILABLE') : error
    })
  const credentials = signedIn === undefined ? null : await toCredentials(deps, signedIn, 'short')
  return { user: toUser(user), credentials }
}

/** Thrown out of the transaction, so that the user's stream is taken back too. */
export const TAKEN: Error = new Error('the username or the e-mail address is taken')

/** Makes a user, with his own stream. @throws TAKEN */
export async function addUser(
  { database, machine }: Deps,
  journal: JournalTx,
  input: Omit<RegisterInput, 'password' | 'signIn'> & { readonly passwordHash: string },
): Promise<UserRow> {
  const { username, email, passwordHash, firstName, lastName, phone } = input
  const id = machine.newId()
  const streamKey = await journal.createStream(`u:${id}`)
  const createdAt = await journal.now()
  const person = { username, email, firstName, lastName, phone }
  const user = await insertUser(database, journal.tx, {
    id,
    ...person,
    passwordHash,
    streamKey,
    createdAt,
  })
  if (user === undefined) throw TAKEN
  // Asked after the row is there: whoever of this name is being erased has let go of it by now.
  if (await isErasedName(inside(database, journal.tx), username)) throw TAKEN
  await journal.openSpans([{ streamKey, userKey: user.key, fromSeq: 1 }])
  return user
}

async function requireFree({ database }: Deps, { username, email }: RegisterInput): Promise<void> {
  const isTaken =
    (await findUser(database, database.read, { username })) !== undefined ||
    (await isErasedName(database, username))
  if (isTaken) throw new TidingsError('USERNAME_TAKEN')
  if (email === undefined) return
  if (await findUser(database, database.read, { email })) throw new TidingsError('EMAIL_TAKEN')
}

/** @throws TidingsError INVALID_INPUT */
export function requireLongEnough({ config }: Deps, path: string, password: string): void {
  // Characters as people count them, not UTF-16 units.
  if (Array.from(password).length >= config.passwordMinLength) return
  const message = `at least ${config.passwordMinLength} characters`
  throw new TidingsError('INVALID_INPUT', undefined, { fields: [{ path, message }] })
}

/**
 * Signs in by username or e-mail address. An unknown user and a wrong password are one answer, after the same work.
 * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED, FORBIDDEN (suspended)
 */
export async function login(deps: Deps, caller: Caller, input: LoginInput): Promise<Credentials> {
  const signedIn = await withPassword(deps, { caller, input }, (tx, { user, now }) =>
    signIn(deps, tx, { user, device: input.device, now }),
  )
  return toCredentials(deps, signedIn, input.lifetime)
}

/** Somebody who has shown who he is, and whose row the transaction holds. */
export interface Known {
  readonly user: UserRow
  readonly now: number
}

/**
 * Looks at a password, and does what it opens in one transaction.
 * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED, FORBIDDEN (suspended)
 */
export async function withPassword<T>(
  deps: Deps,
  { caller, input }: { caller: Caller; input: Pick<LoginInput, 'login' | 'password'> },
  work: (tx: Tx, known: Known) => Promise<T>,
): Promise<T> {
  const { database } = deps
  const user = await findByPassword(deps, caller, input)
  return database.tx(async (tx) => {
    const held = await lockUser(database, tx, user.key)
    // Changed while the password was looked at: whoever changed it has ended all sessions, and this would be one more.
    if (held === undefined || held.passwordHash !== user.passwordHash)
      throw new TidingsError('INVALID_CREDENTIALS')
    requireActive(held)
    return work(tx, { user: held, now: await database.now(tx) })
  })
}

/**
 * Whose name or e-mail address and password these are. Whether he is suspended, and has the password still, is to be looked
 * at once more with his row held.
 * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED
 */
export async function findByPassword(
  deps: Deps,
  { ip }: Pick<Caller, 'ip'>,
  { login: name, password }: Pick<LoginInput, 'login' | 'password'>,
): Promise<UserRow> {
  const { database } = deps
  // A username has no @.
  const by = name.includes('@') ? { email: name } : { username: name }
  const user = await findUser(database, database.read, by)
  const account = user === undefined ? `name:${digestOf(nameKey(name))}` : `user:${user.key}`
  await requirePassword(deps, { user, account, ip }, password)
  if (user === undefined) throw new TidingsError('INVALID_CREDENTIALS')
  return user
}

/**
 * Where a password opens the account it alone shows anew that it is he: another server may let in whoever sits at a browser that is
 * still signed in there.
 */
export function hasPassword({ passwordHash }: Pick<UserRow, 'passwordHash'>): boolean {
  return passwordHash !== NO_PASSWORD
}

/** @throws TidingsError FORBIDDEN */
export function requireActive({ suspendedAt }: UserRow): void {
  if (suspendedAt !== null) throw new TidingsError('FORBIDDEN', 'This account is suspended.')
}

/** What {@link requirePassword} looks at. */
interface PasswordCheck {
  readonly user: UserRow | undefined
  readonly account: string
  readonly ip: string
}

/** @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED */
export async function requirePassword(
  { auth }: Deps,
  { user, account, ip }: PasswordCheck,
  password: string,
): Promise<void> {
  const guess = { account, ip }
  const right = await auth.guesses.check(guess, () =>
    auth.verifyPassword(user?.passwordHash, password),
  )
  if (!right) throw new TidingsError('INVALID_CREDENTIALS')
}

/** What the actor sees of himself. */
export async function getMe({ database }: Deps, actor: Actor): Promise<User> {
  const user = await findUser(database, database.read, { key: actor.userKey })
  if (user === undefined) throw new TidingsError('SESSION_REVOKED')
  return toUser(user)
}

/**
 * Changes the password, and ends the other sessions unless told not to. Codes that were sent before are worth nothing any more.
 * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED, INVALID_INPUT
 */
export async function changePassword(
  deps: Deps,
  actor: Actor,
  { input, caller }: { input: ChangePasswordInput; caller: Caller },
): Promise<void> {
  const { database, auth } = deps
  requireLongEnough(deps, 'newPassword', input.newPassword)
  const user = await findUser(database, database.read, { key: actor.userKey })
  // Guesses by a stolen session count like guesses at the door.
  await requirePassword(
    deps,
    { user, account: `user:${actor.userKey}`, ip: caller.ip },
    input.currentPassword,
  )
  const passwordHash = await auth.hashPassword(input.newPassword)
  await database.tx(async (tx) => {
    const held = await lockUser(database, tx, actor.userKey)
    if (held?.passwordHash !== user?.passwordHash) throw new TidingsError('INVALID_CREDENTIALS')
    await updatePasswordHash(database, tx, { key: actor.userKey, passwordHash })
    await deleteMailCodes(inside(database, tx), actor.userKey)
    if (!input.revokeOthers) return
    const others = { userKey: actor.userKey, exceptKey: actor.sessionKey }
    await endSessions(deps, tx, await listOtherSessionKeys(database, tx, others))
  })
}
