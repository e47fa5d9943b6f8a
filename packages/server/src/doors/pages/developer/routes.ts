import { Hono } from 'hono'
import type { RestEnv } from '../../rest/context.ts'
import { leadTo } from '../base/answer.ts'
import type { Site } from '../base/site.ts'
import { applyForScopes, submitClient } from './asking.ts'
import { deleteClient, editClient, rotateSecret, showClient } from './client.tsx'
import { registerClient, showClients, showNewClient } from './list.tsx'

/** The pages of those who make apps. */
export function developerRoutes(site: Site): Hono<RestEnv> {
  return (
    new Hono<RestEnv>()
      .get('/developer', site.own(showClients))
      .get('/developer/new', site.own(showNewClient))
      .post('/developer/new', site.ownSent(registerClient))
      .get('/developer/apps/:id', site.own(showClient))
      .post('/developer/apps/:id/edit', site.ownSent(editClient))
      .post('/developer/apps/:id/submit', site.ownSent(submitClient))
      .post('/developer/apps/:id/scopes', site.ownSent(applyForScopes))
      .post('/developer/apps/:id/secret', site.ownSent(rotateSecret))
      .post('/developer/apps/:id/delete', site.ownSent(deleteClient))
      // Where seed 004 has it.
      .get(
        '/oauth/client/register',
        site.own((visit) => leadTo(visit.href('/developer/new'))),
      )
  )
}
