/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { charge } from '../../../rpc/trpc.ts'
import { signInElsewhereOnPage } from '../../../services/page-session.ts'
import { answerPage } from '../base/answer.ts'
import { OnwardPage } from '../base/onward.tsx'
import { nextPath, type Site } from '../base/site.ts'
import type { Fields, Visit } from '../base/visit.ts'
import { beginErrand, endOfErrand } from './elsewhere.ts'
import { entered, HOME, refused } from './sign-in.tsx'

const PURPOSE = 'sign in'

/** The button was pressed: on to the other server, by way of ours. */
export async function signInWith(visit: Visit, fields: Fields): Promise<Response> {
  const next = nextPath(fields.exact('next')) ?? HOME
  try {
    charge(visit.context)
    const path = `/account/sign-in/back?next=${encodeURIComponent(next)}`
    const provider = fields.exact('provider')
    const address = await beginErrand(visit, { provider, path, purpose: PURPOSE })
    return await answerPage(<OnwardPage heading="On to the other server" address={address} />)
  } catch (thrown) {
    return refused({ visit, next }, thrown)
  }
}

/** Back from there: signed in, or told why not. The session is another one each time. */
export async function signInBack(site: Site, visit: Visit): Promise<Response> {
  const next = nextPath(visit.request.req.query('next') ?? '') ?? HOME
  const { deps, context, actor } = visit
  try {
    charge(context)
    const input = endOfErrand(visit, PURPOSE)
    const cookie = await signInElsewhereOnPage(deps, context.source, { input, before: actor })
    return await entered(visit, next, site.cookies.session.set(cookie))
  } catch (thrown) {
    return refused({ visit, next }, thrown)
  }
}
