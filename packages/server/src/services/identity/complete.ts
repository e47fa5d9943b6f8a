import { TidingsError, type Credentials, type Device } from '@tidings/protocol/wire'
import { digestOf } from '../../auth/primitives.ts'
import type { ProvenIdentity } from '../../auth/proven-identity.ts'
import type { Tx } from '../../db/database.ts'
import { findIdentityUser, noteIdentityUse } from '../../stores/linked-identity.ts'
import { useProviderSignIn } from '../../stores/provider-sign-in.ts'
import { lockUser } from '../../stores/user.ts'
import { hasPassword, requireActive, type Known } from '../account.ts'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { signIn, toCredentials } from '../sign-in.ts'
import { requireConsumer } from './role.ts'
import { identityUser } from './user.ts'

/** What an app has got for a sign-in by another provider, and what it has kept. */
export interface CodeInput {
  readonly code: string
  readonly verifier: string
}

/**
 * Signs in as the account that is linked to who has signed in at the provider; where there is none yet, one is made.
 * @throws TidingsError UNAUTHENTICATED (used, too old, or begun by somebody else), REGISTRATION_CLOSED, RATE_LIMITED,
 * FORBIDDEN (suspended)
 */
export async function completeSignIn(
  deps: Deps,
  caller: Caller,
  { device, ...input }: CodeInput & { readonly device?: Device | undefined },
): Promise<Credentials> {
  const signedIn = await withIdentity(deps, { caller, input }, (tx, { user, now }) =>
    signIn(deps, tx, { user, device, now, isProof: !hasPassword(user) }),
  )
  return toCredentials(deps, signedIn, 'short')
}

/**
 * Takes a code, and does what it opens in one transaction.
 * @throws TidingsError UNAUTHENTICATED, REGISTRATION_CLOSED, RATE_LIMITED, FORBIDDEN (suspended)
 */
export async function withIdentity<T>(
  deps: Deps,
  { caller, input }: { readonly caller: Caller; readonly input: CodeInput },
  work: (tx: Tx, known: Known) => Promise<T>,
): Promise<T> {
  const { database, config, auth } = deps
  await requireConsumer(deps)
  const identity = await database.tx((tx) => useCode(deps, tx, input))
  if (identity === undefined) throw new TidingsError('UNAUTHENTICATED', STALE_CODE)
  if ((await findIdentityUser(database, database.read, identity)) === undefined) {
    if (config.registration === 'closed') throw new TidingsError('REGISTRATION_CLOSED')
    await auth.guesses.chargeRegistration(caller.ip)
  }
  const userKey = await identityUser(deps, identity)
  return database.tx(async (tx) => {
    const user = await lockUser(database, tx, userKey)
    // Unlinked meanwhile.
    if (user === undefined || (await findIdentityUser(database, tx, identity)) !== userKey)
      throw new TidingsError('UNAUTHENTICATED', STALE_CODE)
    requireActive(user)
    const now = await database.now(tx)
    await noteIdentityUse(database, tx, { ...identity, now })
    return work(tx, { user, now })
  })
}

export const STALE_CODE = 'This sign-in is over. Begin it again.'

/** Uses a code up, also for who does not know the verifier: somebody has it who should not. */
export async function useCode(
  { database }: Deps,
  tx: Tx,
  { code, verifier }: CodeInput,
): Promise<ProvenIdentity | undefined> {
  const now = await database.now(tx)
  const used = await useProviderSignIn(database, tx, { codeDigest: digestOf(code), now })
  // Digests, of 256 random bits: how long comparing takes tells nothing.
  if (used?.verifierDigest !== digestOf(verifier)) return undefined
  const { issuer, subject, name } = used
  return issuer === null || subject === null
    ? undefined
    : { issuer, subject, name: name ?? undefined }
}
