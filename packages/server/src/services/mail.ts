import { TidingsError, type EventOf } from '@tidings/protocol/wire'
import { digestOf, randomToken } from '../auth/primitives.ts'
import type { Mailer } from '../mailer.ts'
import { inside, type Source } from '../stores/conversation.ts'
import {
  deleteMailCodes,
  findMailCode,
  insertMailCode,
  type MailPurpose,
} from '../stores/mail-code.ts'
import { listOtherSessionKeys } from '../stores/session.ts'
import { emailKey, findUser, lockUser, updatePasswordHash, type UserRow } from '../stores/user.ts'
import { noteEmailVerified } from '../stores/user-email.ts'
import { requireActive, requireLongEnough } from './account.ts'
import type { Actor } from './actor.ts'
import type { Caller } from './caller.ts'
import type { Deps } from './deps.ts'
import { resetMail, verifyMail } from './mail-texts.ts'
import { requirePerson } from './people.ts'
import { endSessions } from './session.ts'

const LIFE_MS = { verify: 24 * 60 * 60 * 1000, reset: 30 * 60 * 1000 } as const
const WRONG_CODE = 'The code is wrong, was used, or is too old.'

/**
 * Sends the actor a code that shows that his address is his. Nothing is sent when that is known.
 * @throws TidingsError INVALID_INPUT without an address, NO_MAIL without a mailer, RATE_LIMITED
 */
export async function requestEmailVerification(
  deps: Deps,
  actor: Actor,
  caller: Caller,
): Promise<void> {
  const { database, auth, post } = deps
  const user = await findUser(database, database.read, { key: actor.userKey })
  const email = user?.email ?? null
  if (user === undefined || email === null)
    throw new TidingsError('INVALID_INPUT', 'This account has no e-mail address.')
  await auth.guesses.chargeMail({ account: emailKey(email), ip: caller.ip })
  if (user.emailVerifiedAt === null)
    post.later((mailer) => sendCode(deps, mailer, { user, email, purpose: 'verify' }))
}

/** Takes a code of such a mail. @throws TidingsError INVALID_CREDENTIALS */
export async function verifyEmail(
  { database, journal }: Deps,
  { code }: { readonly code: string },
): Promise<void> {
  const { user, email } = await requireCode(database, code, 'verify')
  const { streamKey } = await requirePerson({ database }, { userId: user.id })
  await journal.transact(async (inTx) => {
    await inTx.lock([streamKey])
    const at = inside(database, inTx.tx)
    const now = await inTx.now()
    // Under the lock: of two uses at once one finds it.
    const found = await findMailCode(at, { digest: digestOf(code), purpose: 'verify', now })
    const held = await findUser(database, inTx.tx, { key: user.key })
    if (found === undefined || held?.email !== email) throw wrongCode()
    await deleteMailCodes(at, user.key, 'verify')
    await noteEmailVerified(at, user.key, now)
    const body: EventOf<'user.updated'>['body'] = { userId: user.id }
    const by = { key: user.key, id: user.id }
    await inTx.append({ streamKey, type: 'user.updated', actor: by, body })
  })
}

/**
 * Sends a code to whoever has the address, by which he chooses another password. Whether there is anybody is not said: the
 * answer is the same, and what is to be done is done after it.
 * @throws TidingsError NO_MAIL without a mailer, RATE_LIMITED
 */
export async function requestPasswordReset(
  deps: Deps,
  caller: Caller,
  { email }: { readonly email: string },
): Promise<void> {
  const { database, auth, post } = deps
  await auth.guesses.chargeMail({ account: emailKey(email), ip: caller.ip })
  post.later(async (mailer) => {
    const user = await findUser(database, database.read, { email })
    if (user?.email === undefined || user.email === null || user.suspendedAt !== null) return
    await sendCode(deps, mailer, { user, email: user.email, purpose: 'reset' })
  })
}

/**
 * Chooses another password by the code of such a mail, which is used up. All sessions of the user end.
 * @throws TidingsError INVALID_CREDENTIALS, INVALID_INPUT, FORBIDDEN (suspended), RATE_LIMITED
 */
export async function resetPassword(
  deps: Deps,
  { code, newPassword }: { readonly code: string; readonly newPassword: string },
): Promise<void> {
  const { database, auth } = deps
  requireLongEnough(deps, 'newPassword', newPassword)
  // Before the hash, which is dear.
  const { user, email } = await requireCode(database, code, 'reset')
  const passwordHash = await auth.hashPassword(newPassword)
  await database.tx(async (tx) => {
    const at = inside(database, tx)
    const held = await lockUser(database, tx, user.key)
    const now = await database.now(tx)
    const found = await findMailCode(at, { digest: digestOf(code), purpose: 'reset', now })
    if (found === undefined || held?.email !== email) throw wrongCode()
    requireActive(held)
    // Those that verify too: whoever had the account until now may hold one.
    await deleteMailCodes(at, user.key)
    await updatePasswordHash(database, tx, { key: user.key, passwordHash })
    // Whoever has read the mail has shown that the address is his.
    await noteEmailVerified(at, user.key, now)
    const all = { userKey: user.key, exceptKey: 0 }
    await endSessions(deps, tx, await listOtherSessionKeys(database, tx, all))
  })
}

interface Sending {
  readonly user: UserRow
  readonly email: string
  readonly purpose: MailPurpose
}

/** To who is still there, with this address: since it was asked for he may have been erased, and whoever ends codes holds his row. */
async function sendCode(
  { database, config }: Deps,
  mailer: Mailer,
  { user, email, purpose }: Sending,
): Promise<void> {
  // Begins with a letter: programs of the terminal take what begins with a dash for an option.
  const code = `tdm_${randomToken()}`
  const isKept = await database.tx(async (tx) => {
    const held = await lockUser(database, tx, user.key)
    if (held?.email !== email || held.suspendedAt !== null) return false
    const expiresAt = (await database.now(tx)) + LIFE_MS[purpose]
    const kept = { digest: digestOf(code), userKey: user.key, purpose, expiresAt }
    await insertMailCode(inside(database, tx), { ...kept, emailKey: emailKey(email) })
    return true
  })
  if (!isKept) return
  const addressed = { to: email, username: user.username, code }
  await mailer.send((purpose === 'verify' ? verifyMail : resetMail)(config, addressed))
}

async function requireCode(
  database: Deps['database'],
  code: string,
  purpose: MailPurpose,
): Promise<{ readonly user: UserRow; readonly email: string }> {
  const source: Source = database
  const now = await database.now()
  const found = await findMailCode(source, { digest: digestOf(code), purpose, now })
  const user = found && (await findUser(database, database.read, { key: found.userKey }))
  const email = user?.email ?? null
  if (user === undefined || email === null || emailKey(email) !== found?.emailKey) throw wrongCode()
  return { user, email }
}

function wrongCode(): TidingsError {
  return new TidingsError('INVALID_CREDENTIALS', WRONG_CODE)
}
