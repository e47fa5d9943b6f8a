import { TidingsError } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import { readAdminToken } from './admin-link.ts'
import type { Auth } from './auth.ts'
import { openPageSecrets } from './page-secrets.ts'
import type { SessionLookup } from './session-lookup.ts'

interface Parts {
  /** New first; the others are still accepted. */
  readonly secrets: readonly string[]
  readonly clock: Clock
  readonly lookup: SessionLookup
}

/** What the pages need of all that proves who somebody is. */
export function openPageAuth({
  secrets,
  clock,
  lookup,
}: Parts): Pick<Auth, 'authenticatePage' | 'pages' | 'readAdminToken'> {
  const pages = openPageSecrets(secrets)
  return {
    pages,
    authenticatePage: async (cookie) => {
      const id = pages.sessionOf(cookie)
      if (id === undefined) throw new TidingsError('UNAUTHENTICATED')
      return lookup({ id })
    },
    readAdminToken: (token) => readAdminToken(secrets, token, clock.now()),
  }
}
