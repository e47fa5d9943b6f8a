import { Hono } from 'hono'
import type { Deps } from '../../services/deps.ts'
import type { RestEnv } from '../rest/context.ts'
import { accountRoutes } from './account/routes.ts'
import { adminRoutes } from './admin/routes.ts'
import { openSite } from './base/site.ts'
import { STYLE, STYLE_FILE } from './base/style.ts'
import { consentRoutes } from './consent/routes.tsx'
import { developerRoutes } from './developer/routes.ts'

const CACHED = {
  'content-type': 'text/css; charset=utf-8',
  'cache-control': 'public, max-age=31536000, immutable',
}

/** The pages that people use: made here, without scripts. */
export function pageRoutes(deps: Deps): Hono<RestEnv> {
  const site = openSite(deps)
  return new Hono<RestEnv>()
    .get(`/pages/${STYLE_FILE}`, () => new Response(STYLE, { headers: CACHED }))
    .route('/', accountRoutes(site))
    .route('/', consentRoutes(site))
    .route('/', developerRoutes(site))
    .route('/', adminRoutes(site))
}
