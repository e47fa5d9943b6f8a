import type { OAuthConsent } from '@tidings/protocol/wire'
import { listOwnConsents } from '../../stores/oauth-client-list.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { scopesOf } from '../oauth/scope.ts'

/** The apps that the actor has let act for him. */
export async function listConsents({ database }: Deps, actor: Actor): Promise<OAuthConsent[]> {
  const rows = await listOwnConsents(database, database.read, actor.userKey)
  return rows.map(({ scope, limited, ...consent }) => ({
    ...consent,
    scopes: [...scopesOf(scope)],
    limited: limited === 1,
  }))
}
