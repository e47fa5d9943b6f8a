import { TidingsError } from '@tidings/protocol/wire'
import { digestOf, randomText } from '../../auth/primitives.ts'
import type { Tx } from '../../db/database.ts'
import { lockOAuthClient, type OAuthClientRow } from '../../stores/oauth-client.ts'
import { insertOAuthCode } from '../../stores/oauth-code.ts'
import {
  claimOAuthConsent,
  findOAuthConsent,
  listOwnConversationKeys,
  lockOAuthConsent,
  replaceConsentConversations,
  revokeOAuthConsent,
  updateOAuthConsent,
  type ConsentPlace,
  type OAuthConsentRow,
} from '../../stores/oauth-consent.ts'
import { listConsentConversations } from '../../stores/oauth-token.ts'
import { listClientSessionKeys } from '../../stores/session-client.ts'
import { findUser, type UserRow } from '../../stores/user.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { endSessions } from '../session.ts'
import { issueGrant } from './issue.ts'
import type { Consent, PendingAuthorization } from './pending.ts'
import { redirectTo } from './redirect-uri.ts'
import { allowedScopes, scopesOf } from './scope.ts'
import { readOAuthSettings, type OAuthSettings } from './settings.ts'

/** Whether a client works for a user: before it is verified, for its creator alone. */
export function worksFor(client: OAuthClientRow, userKey: number): boolean {
  return client.state === 'approved' || client.creatorKey === userKey
}

/**
 * The user says yes. Answers where to send the browser.
 * @throws TidingsError FORBIDDEN when the client does not work for him or he is no person here, NOT_FOUND for
 * conversations in which he is not
 */
export async function allowAuthorization(
  deps: Deps,
  actor: Actor,
  { pending, consent }: { pending: PendingAuthorization; consent: Consent },
): Promise<string> {
  if (actor.grant !== undefined) throw new TidingsError('FORBIDDEN')
  const scopes = pending.scopes.filter((scope) => consent.scopes.includes(scope))
  if (scopes.length === 0) return denyAuthorization(deps, pending)
  return deps.database.tx(async (tx) => {
    const client = await lockOAuthClient(deps.database, tx, pending.client.key)
    if (client === undefined || client.suspendedAt !== null || !worksFor(client, actor.userKey))
      throw new TidingsError('FORBIDDEN', 'This application is not open to you.')
    const settings = await readOAuthSettings(deps, tx)
    requireOffered(pending, client, settings)
    const may = await allowedScopes(deps, tx, client)
    if (scopes.some((scope) => !may.includes(scope)))
      throw new TidingsError('FORBIDDEN', 'This application may not do all of that any more.')
    const user = await findUser(deps.database, tx, { key: actor.userKey })
    if (user === undefined || user.suspendedAt !== null) throw new TidingsError('FORBIDDEN')
    const consentKey = await writeConsent(deps, tx, {
      pending,
      user,
      consent: { ...consent, scopes },
    })
    const now = await deps.database.now(tx)
    const given: Given = { client, pending, user, consentKey, scopes, settings, now }
    return pending.responseType === 'code' ? giveCode(deps, tx, given) : giveToken(deps, tx, given)
  })
}

/** What older systems do may have been switched off while the user was asked. @throws TidingsError FORBIDDEN */
function requireOffered(
  { responseType, responseMode }: PendingAuthorization,
  { legacySwitches }: OAuthClientRow,
  { grantTypes }: OAuthSettings,
): void {
  if (responseType === 'code') return
  if (
    !grantTypes.includes('implicit') ||
    !legacySwitches.includes('implicit') ||
    (responseMode === 'query' && !legacySwitches.includes('implicit_query'))
  )
    throw new TidingsError('FORBIDDEN', 'This application may not do that any more.')
}

/** The user says no. */
export function denyAuthorization(
  { config }: Pick<Deps, 'config'>,
  { redirectUri, state, responseMode }: PendingAuthorization,
): string {
  const answer = { error: 'access_denied', error_description: 'The user has said no.', state }
  return redirectTo(redirectUri, { ...answer, iss: config.publicUrl }, responseMode)
}

interface Yes {
  readonly pending: PendingAuthorization
  readonly user: UserRow
  readonly consent: Consent
}

/** What was asked for and not given is given no more; what was given before and not asked for now stays. */
async function writeConsent(deps: Deps, tx: Tx, { pending, user, consent }: Yes): Promise<number> {
  const { database, machine } = deps
  const now = await database.now(tx)
  const place = { userKey: user.key, clientKey: pending.client.key }
  const held = await claimOAuthConsent(database, tx, { ...place, id: machine.newId(), now })
  const before = held.revokedAt === null ? scopesOf(held.scope) : []
  const kept = before.filter((scope) => !pending.scopes.includes(scope))
  const scope = [...kept, ...consent.scopes].join(' ')
  const ids = consent.conversationIds
  const isUnchanged = ids === 'unchanged' && held.revokedAt === null
  const limited = isUnchanged ? held.limited : Number(Array.isArray(ids))
  await updateOAuthConsent(database, tx, { key: held.key, scope, limited, now })
  const chosen = ids === 'unchanged' ? undefined : ids
  const isNarrower = !isUnchanged && (await limitConsent(deps, tx, { held, ids: chosen }))
  const isLess = before.some(
    (name) => pending.scopes.includes(name) && !consent.scopes.includes(name),
  )
  // Connections that are open have the rights they began with.
  if (isNarrower || isLess) await endGrants(deps, tx, { ...place, now })
  return held.key
}

/**
 * A password that was shown to a client is a consent to what the client asks for: more than before, and in the conversations to
 * which it was limited, since nobody was asked about that.
 */
export async function writePasswordConsent(
  { database, machine }: Deps,
  tx: Tx,
  { client, user, scopes }: Pick<Given, 'client' | 'user' | 'scopes'>,
): Promise<number> {
  const now = await database.now(tx)
  const place = { userKey: user.key, clientKey: client.key }
  const held = await claimOAuthConsent(database, tx, { ...place, id: machine.newId(), now })
  const { key, revokedAt } = held
  const before = revokedAt === null ? scopesOf(held.scope) : []
  const limited = revokedAt === null ? held.limited : 0
  if (limited === 0)
    await replaceConsentConversations(database, tx, { consentKey: key, conversationKeys: [] })
  const scope = [...new Set([...before, ...scopes])].join(' ')
  await updateOAuthConsent(database, tx, { key, scope, limited, now })
  return key
}

/** Ends everything by which a client acts for a user. */
async function endGrants(
  deps: Deps,
  tx: Tx,
  which: ConsentPlace & { readonly now: number },
): Promise<void> {
  await endSessions(deps, tx, await listClientSessionKeys(deps.database, tx, which))
}

/** True when something was open before that is not any more. @throws TidingsError NOT_FOUND */
async function limitConsent(
  { database }: Deps,
  tx: Tx,
  { held, ids }: { held: OAuthConsentRow; ids: readonly string[] | undefined },
): Promise<boolean> {
  const { userKey, key: consentKey } = held
  const before = await listConsentConversations(database, tx, consentKey)
  // What he has left is open to nobody.
  const openKeys = await listOwnConversationKeys(database, tx, { userKey, ids: before })
  const conversationKeys = await listOwnConversationKeys(database, tx, { userKey, ids: ids ?? [] })
  if (conversationKeys.length < new Set(ids).size) throw new TidingsError('NOT_FOUND')
  await replaceConsentConversations(database, tx, { consentKey, conversationKeys })
  if (ids === undefined) return false
  return held.limited === 0 || openKeys.some((key) => !conversationKeys.includes(key))
}

/** To which conversations the user has limited a client; undefined when it may act in all of his. */
export async function limitOf(
  { database }: Pick<Deps, 'database'>,
  place: ConsentPlace,
): Promise<ReadonlySet<string> | undefined> {
  const held = await findOAuthConsent(database, database.read, place)
  if (held === undefined || held.revokedAt !== null || held.limited === 0) return undefined
  return new Set(await listConsentConversations(database, database.read, held.key))
}

interface Given {
  readonly client: OAuthClientRow
  readonly pending: PendingAuthorization
  readonly user: UserRow
  readonly consentKey: number
  readonly scopes: readonly string[]
  readonly settings: OAuthSettings
  readonly now: number
}

async function giveCode(
  { database, config }: Deps,
  tx: Tx,
  { pending, consentKey, scopes, settings, now }: Given,
): Promise<string> {
  const { redirectUri, redirectNamed, state, codeChallenge = null } = pending
  const code = `tdc_${randomText(settings.codeLength)}`
  await insertOAuthCode(database, tx, {
    digest: digestOf(code),
    consentKey,
    redirectUri,
    redirectNamed: redirectNamed ? 1 : 0,
    scope: scopes.join(' '),
    codeChallenge,
    createdAt: now,
    expiresAt: now + settings.codeLifetime * 1000,
  })
  return redirectTo(redirectUri, { code, state, iss: config.publicUrl })
}

/** Only on the older systems' path. Seed 004 calls the token `token`; never a refresh token. */
async function giveToken(deps: Deps, tx: Tx, given: Given): Promise<string> {
  const { redirectUri, responseMode, state } = given.pending
  const { response } = await issueGrant(deps, tx, { ...given, refreshable: false })
  if (responseMode === 'query')
    return redirectTo(redirectUri, { token: response.access_token, state })
  const { access_token, token_type, expires_in, scope } = response
  const answer = { access_token, token_type, expires_in: String(expires_in), scope, state }
  return redirectTo(redirectUri, { ...answer, iss: deps.config.publicUrl }, 'fragment')
}

/**
 * Takes back what the user has let a client do. Its tokens, tickets and connections end with it, on every node.
 * @throws TidingsError NOT_FOUND
 */
export async function revokeConsent(
  deps: Deps,
  actor: Actor,
  { consentId }: { consentId: string },
): Promise<void> {
  const { database } = deps
  await database.tx(async (tx) => {
    const found = await findOAuthConsent(database, tx, { id: consentId })
    if (found === undefined || found.userKey !== actor.userKey) throw new TidingsError('NOT_FOUND')
    await lockOAuthConsent(database, tx, found.key)
    const now = await database.now(tx)
    await revokeOAuthConsent(database, tx, { key: found.key, now })
    await endGrants(deps, tx, { clientKey: found.clientKey, userKey: found.userKey, now })
  })
}
