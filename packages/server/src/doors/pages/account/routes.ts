import { Hono } from 'hono'
import type { RestEnv } from '../../rest/context.ts'
import type { Site } from '../base/site.ts'
import { disconnectApp, showApps } from './apps.tsx'
import { endSession, showAccount } from './home.tsx'
import { askLink, beginLink, confirmLink, unlink } from './identities.tsx'
import { signInBack, signInWith } from './sign-in-elsewhere.tsx'
import { showSignIn, signIn, signOut } from './sign-in.tsx'

/** Signing in and out, and one's own account. */
export function accountRoutes(site: Site): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .get('/account/sign-in', site.open(showSignIn))
    .post(
      '/account/sign-in',
      site.sent((visit, fields) => signIn(site, visit, fields)),
    )
    .post('/account/sign-in/with', site.sent(signInWith))
    .get(
      '/account/sign-in/back',
      site.open((visit) => signInBack(site, visit)),
    )
    .post(
      '/account/sign-out',
      site.ownSent((visit) => signOut(site, visit)),
    )
    .get('/account', site.own(showAccount))
    .post('/account/sessions/end', site.ownSent(endSession))
    .post('/account/identities/link', site.ownSent(beginLink))
    .get('/account/identities/link', site.own(askLink))
    .post('/account/identities/confirm', site.ownSent(confirmLink))
    .post('/account/identities/unlink', site.ownSent(unlink))
    .get('/account/apps', site.own(showApps))
    .post('/account/apps/disconnect', site.ownSent(disconnectApp))
}
