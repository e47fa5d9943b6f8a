import type { Tx } from '../db/database.ts'
import { confirmSession } from '../stores/session-confirmation.ts'
import { updateDevice, type SessionRow } from '../stores/session.ts'
import { hasPassword, withPassword, type Known } from './account.ts'
import type { Actor } from './actor.ts'
import type { Caller } from './caller.ts'
import type { Deps } from './deps.ts'
import { addSession } from './device-session.ts'
import { withIdentity, type CodeInput } from './identity/complete.ts'
import { endSessions } from './session.ts'

/** How the session of a browser is called in the list of sessions. */
const DEVICE = { platform: 'web', name: 'Browser (pages)' } as const

/** Who signs in on a page, and who was signed in there before. */
export interface PageSignIn {
  readonly input: { readonly login: string; readonly password: string }
  readonly before: Actor | null
}

/**
 * Signs in on a page: a session of the account as any other, without tokens, since the browser shows a cookie. Answers the
 * cookie. Whoever was signed in there before is signed out.
 * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED, FORBIDDEN (suspended)
 */
export async function signInOnPage(
  deps: Deps,
  caller: Caller,
  { input, before }: PageSignIn,
): Promise<string> {
  const session = await withPassword(deps, { caller, input }, (tx, known) =>
    addPageSession(deps, tx, { ...known, before, isProof: true }),
  )
  return deps.auth.pages.cookieOf(session.id)
}

/**
 * The same, by what another provider has led the browser back with.
 * @throws TidingsError UNAUTHENTICATED (the sign-in is over), REGISTRATION_CLOSED, RATE_LIMITED, FORBIDDEN (suspended)
 */
export async function signInElsewhereOnPage(
  deps: Deps,
  caller: Caller,
  { input, before }: { readonly input: CodeInput; readonly before: Actor | null },
): Promise<string> {
  const session = await withIdentity(deps, { caller, input }, (tx, known) =>
    addPageSession(deps, tx, { ...known, before, isProof: !hasPassword(known.user) }),
  )
  return deps.auth.pages.cookieOf(session.id)
}

async function addPageSession(
  deps: Deps,
  tx: Tx,
  { user, now, before, isProof }: Known & { before: Actor | null; isProof: boolean },
): Promise<SessionRow> {
  const { database, realtime } = deps
  const added = await addSession(deps, tx, { userKey: user.key, device: undefined, now })
  const { key } = added.session
  if (isProof) await confirmSession(database, tx, { key, confirmedAt: now })
  if (added.ended.length > 0) database.after(tx, () => realtime.sessionsRevoked(added.ended))
  if (before !== null) await endSessions(deps, tx, [before.sessionKey])
  return updateDevice(database, tx, { key, device: DEVICE })
}
