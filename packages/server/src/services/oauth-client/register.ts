import type { createOAuthClientSchema } from '@tidings/protocol'
import { APP_LIMITS, TidingsError, type CreatedOAuthClient } from '@tidings/protocol/wire'
import type * as z from 'zod'
import { digestOf, randomToken } from '../../auth/primitives.ts'
import { insertOAuthClient, replaceRedirectUris } from '../../stores/oauth-client.ts'
import { countOwnOAuthClients } from '../../stores/oauth-client-list.ts'
import { lockUser } from '../../stores/user.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import type { Deps } from '../deps.ts'
import { redirectUriProblem } from '../oauth/redirect-uri.ts'
import { toOAuthClient } from './view.ts'

type Input = z.output<typeof createOAuthClientSchema>

/**
 * Registers a client, which works for its creator at once and for others when it is verified. Its secret is answered this
 * once; the database has a digest.
 * @throws TidingsError INVALID_INPUT, LIMIT_REACHED
 */
export async function registerClient(
  deps: Deps,
  actor: Actor,
  { confidential, redirectUris, ...fields }: Input,
): Promise<CreatedOAuthClient> {
  const { database, machine } = deps
  requireFitting({ ...fields, redirectUris, confidential })
  const clientSecret = confidential ? `tdk_${randomToken()}` : null
  return database.tx(async (tx) => {
    // Held, so that many calls at once do not all find room for one more.
    await lockUser(database, tx, actor.userKey)
    if ((await countOwnOAuthClients(database, tx, actor.userKey)) >= APP_LIMITS.clientsPerUser)
      throw new TidingsError('LIMIT_REACHED', `You have ${APP_LIMITS.clientsPerUser} apps already.`)
    const row = await insertOAuthClient(database, tx, {
      ...fields,
      id: machine.newId(),
      secretDigest: clientSecret === null ? null : digestOf(clientSecret),
      creatorKey: actor.userKey,
      createdAt: await database.now(tx),
    })
    await replaceRedirectUris(database, tx, { clientKey: row.key, redirectUris })
    const entry = { action: 'oauthClient.registered', target: row.id } as const
    await audit(deps, tx, { actor, ...entry, details: { name: row.name } })
    return { client: await toOAuthClient(deps, tx, row), clientSecret }
  })
}

/** What of a client must fit together. */
interface Fitting {
  readonly grantTypes: readonly string[]
  readonly redirectUris: readonly string[]
  readonly confidential: boolean
}

/** @throws TidingsError INVALID_INPUT */
export function requireFitting({ grantTypes, redirectUris, confidential }: Fitting): void {
  const problem = (path: string, message: string) =>
    new TidingsError('INVALID_INPUT', undefined, { fields: [{ path, message }] })
  for (const uri of redirectUris) {
    const wrong = redirectUriProblem(uri)
    if (wrong !== undefined) throw problem('redirectUris', `${uri}: ${wrong}`)
  }
  if (grantTypes.includes('authorization_code') && redirectUris.length === 0)
    throw problem('redirectUris', 'one at least, since users come back by it')
  if (grantTypes.includes('client_credentials') && !confidential)
    throw problem('grantTypes', 'client_credentials needs a secret')
}
