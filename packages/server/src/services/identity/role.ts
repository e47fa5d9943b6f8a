import { TidingsError } from '@tidings/protocol/wire'
import type { Deps } from '../deps.ts'
import { readOAuthSettings } from '../oauth/settings.ts'

/** Whether accounts of other servers sign in here, as the administrators have set it. */
export async function isConsumer(deps: Pick<Deps, 'database'>): Promise<boolean> {
  return (await readOAuthSettings(deps)).roles.includes('consumer')
}

/** @throws TidingsError FORBIDDEN */
export async function requireConsumer(deps: Pick<Deps, 'database'>): Promise<void> {
  if (!(await isConsumer(deps)))
    throw new TidingsError('FORBIDDEN', 'Nobody signs in here by another server now.')
}
