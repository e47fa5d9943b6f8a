import { Hono } from 'hono'
import type { RestEnv } from '../../rest/context.ts'
import type { Site } from '../base/site.ts'
import { showAudit } from './audit.tsx'
import { saveScopes, saveSwitches, showAnyClient } from './client.tsx'
import { deleteClient, showAllClients, suspendClient } from './clients.tsx'
import { claimFirst, showFirst } from './first.tsx'
import { notify, showNotify } from './notifications.tsx'
import { decide, showApplications, showReviews } from './reviews.tsx'
import { addScope, deleteScope, saveScope, showScope, showScopes } from './scopes.tsx'
import { saveSettings, showSettings } from './settings.tsx'
import { changeUser, showUsers } from './users.tsx'

/** The pages of administrators. Who may see them is the procedures' affair, by which they are made. */
export function adminRoutes(site: Site): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .get('/admin', site.own(showAllClients))
    .get('/admin/apps/:id', site.own(showAnyClient))
    .post('/admin/apps/:id/suspended', site.ownSent(suspendClient))
    .post('/admin/apps/:id/delete', site.ownSent(deleteClient))
    .post('/admin/apps/:id/scopes', site.ownSent(saveScopes))
    .post('/admin/apps/:id/switches', site.ownSent(saveSwitches))
    .get('/admin/reviews', site.own(showReviews))
    .get('/admin/applications', site.own(showApplications))
    .post('/admin/reviews/:id', site.ownSent(decide))
    .get('/admin/scopes', site.own(showScopes))
    .post('/admin/scopes', site.ownSent(addScope))
    .get('/admin/scopes/:name', site.own(showScope))
    .post('/admin/scopes/:name', site.ownSent(saveScope))
    .post('/admin/scopes/:name/delete', site.ownSent(deleteScope))
    .get('/admin/users', site.own(showUsers))
    .post('/admin/users/:id', site.ownSent(changeUser))
    .get('/admin/notifications', site.own(showNotify))
    .post('/admin/notifications', site.ownSent(notify))
    .get('/admin/settings', site.own(showSettings))
    .post('/admin/settings', site.ownSent(saveSettings))
    .get('/admin/audit', site.own(showAudit))
    .get('/admin/first', site.own(showFirst))
    .post('/admin/first', site.ownSent(claimFirst))
}
