import { TidingsError, type Identity, type IdentityProvider } from '@tidings/protocol/wire'
import { digestOf } from '../../auth/primitives.ts'
import {
  deleteIdentity,
  findIdentityUser,
  insertIdentity,
  listIdentities,
  type IdentityRef,
  type LinkedIdentity,
} from '../../stores/linked-identity.ts'
import { findProvenSignIn } from '../../stores/provider-sign-in.ts'
import { findUser, lockUser } from '../../stores/user.ts'
import { hasPassword, requirePassword } from '../account.ts'
import { requireConfirmed } from '../confirmation.ts'
import type { Actor } from '../actor.ts'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { STALE_CODE, useCode, type CodeInput } from './complete.ts'
import { isConsumer, requireConsumer } from './role.ts'

/** The providers by which one can sign in. */
export async function listProviders(deps: Deps): Promise<IdentityProvider[]> {
  const { providers } = deps
  if (providers.size === 0 || !(await isConsumer(deps))) return []
  return [...providers.values()].map(({ name, label }) => ({ name, label }))
}

/** The actor's accounts elsewhere. */
export async function listOwnIdentities(deps: Deps, actor: Actor): Promise<Identity[]> {
  const { database } = deps
  const rows = await listIdentities(database, database.read, actor.userKey)
  return rows.map((row) => toIdentity(deps, row))
}

/**
 * Links the actor to who has signed in at the provider. The password shows that it is the owner who wants it, and not who has found
 * the device unlocked: from then on that account opens this one. Linking twice is linking once.
 * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED, UNAUTHENTICATED (the sign-in is over), FORBIDDEN (linked to
 * somebody else)
 */
export async function linkIdentity(
  deps: Deps,
  actor: Actor,
  { input, caller }: { input: CodeInput & { readonly password: string }; caller: Caller },
): Promise<Identity> {
  const { database } = deps
  const user = await findUser(database, database.read, { key: actor.userKey })
  const guess = { user, account: `user:${actor.userKey}`, ip: caller.ip }
  await requirePassword(deps, guess, input.password)
  return link(deps, actor, { input, passwordHash: user?.passwordHash })
}

/**
 * Links as well, for who has signed in or given the password within the last ten minutes. An account that no password opens has no
 * other way.
 * @throws TidingsError PASSWORD_REQUIRED, UNAUTHENTICATED (the sign-in is over), FORBIDDEN (linked to somebody else)
 */
export async function linkConfirmed(deps: Deps, actor: Actor, input: CodeInput): Promise<Identity> {
  const { database } = deps
  await requireConfirmed(deps, actor)
  const user = await findUser(database, database.read, { key: actor.userKey })
  return link(deps, actor, { input, passwordHash: user?.passwordHash })
}

/** Which account elsewhere a code would link: at whose server, and how its user is called there. */
export interface LinkOffer {
  readonly label: string
  /** Undefined when the provider has not said it. */
  readonly name: string | undefined
}

/** What a code would link, which stays to be used; undefined when the sign-in is over or was begun by somebody else. */
export async function findLinkOffer(
  { database, providers }: Deps,
  { code, verifier }: CodeInput,
): Promise<LinkOffer | undefined> {
  const now = await database.now()
  const found = await findProvenSignIn(database, database.read, { codeDigest: digestOf(code), now })
  if (found?.verifierDigest !== digestOf(verifier)) return undefined
  const { provider, name } = found
  const label = providers.get(provider)?.label ?? provider
  return { label, name: name ?? undefined }
}

async function link(
  deps: Deps,
  actor: Actor,
  { input, passwordHash }: { input: CodeInput; passwordHash: string | undefined },
): Promise<Identity> {
  const { database } = deps
  await requireConsumer(deps)
  // Refusals are answers: the code stays used up.
  const linked = await database.tx(async (tx): Promise<LinkedIdentity | 'stale' | 'taken'> => {
    const held = await lockUser(database, tx, actor.userKey)
    if (held === undefined || held.passwordHash !== passwordHash) return 'stale'
    const identity = await useCode(deps, tx, input)
    if (identity === undefined) return 'stale'
    const createdAt = await database.now(tx)
    const row = { issuer: identity.issuer, subject: identity.subject, createdAt }
    const isNew = await insertIdentity(database, tx, { ...row, userKey: actor.userKey })
    const owner = isNew ? actor.userKey : await findIdentityUser(database, tx, row)
    return owner === actor.userKey ? { ...row, lastUsedAt: null } : 'taken'
  })
  if (linked === 'stale') throw new TidingsError('UNAUTHENTICATED', STALE_CODE)
  if (linked === 'taken')
    throw new TidingsError('FORBIDDEN', 'This account is linked to somebody else here.')
  return toIdentity(deps, linked)
}

/**
 * Unlinks an account elsewhere. Sessions that came by it go on.
 * @throws TidingsError NOT_FOUND, FORBIDDEN (without it nothing would open the account, or the app itself vouches by it)
 */
export async function unlinkIdentity(
  deps: Deps,
  actor: Actor,
  { identityId }: { readonly identityId: string },
): Promise<void> {
  const { database, config } = deps
  await database.tx(async (tx) => {
    const user = await lockUser(database, tx, actor.userKey)
    const rows = await listIdentities(database, tx, actor.userKey)
    const row = rows.find((one) => idOf(one) === identityId)
    if (row === undefined || user === undefined) throw new TidingsError('NOT_FOUND')
    if (row.issuer === config.externalTokens?.issuer)
      throw new TidingsError('FORBIDDEN', 'The app itself signs you in by this account.')
    const others = rows.filter((one) => one !== row && opens(deps, one))
    if (!hasPassword(user) && others.length === 0)
      throw new TidingsError('FORBIDDEN', 'Nothing else would open your account.')
    await deleteIdentity(database, tx, { ...row, userKey: actor.userKey })
  })
}

/** One whose provider is configured no more opens nothing. */
function opens({ providers, config }: Deps, { issuer }: IdentityRef): boolean {
  if (issuer === config.externalTokens?.issuer) return true
  return [...providers.values()].some((provider) => provider.issuer === issuer)
}

/**
 * The same for ever, and nothing that could be looked up elsewhere. It does not begin with a dash, which a command line would
 * take for an option.
 */
function idOf({ issuer, subject }: IdentityRef): string {
  return digestOf(JSON.stringify([issuer, subject])).replace(/^-/, '_')
}

function toIdentity({ providers }: Deps, row: LinkedIdentity): Identity {
  const { issuer, subject, createdAt, lastUsedAt } = row
  const provider = [...providers.values()].find((one) => one.issuer === issuer)
  return { id: idOf(row), provider: provider?.name ?? null, issuer, subject, createdAt, lastUsedAt }
}
