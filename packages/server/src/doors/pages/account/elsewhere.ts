import { TidingsError } from '@tidings/protocol/wire'
import { randomToken } from '../../../auth/primitives.ts'
import type { CodeInput } from '../../../services/identity/complete.ts'
import { beginOwnSignIn } from '../../../services/identity/sign-in.ts'
import type { Visit } from '../base/visit.ts'

/** A sign-in by another provider that one of our pages begins. */
interface Errand {
  readonly provider: string
  /** Our path to which the browser comes back. */
  readonly path: string
  /** The same in both halves: what began as one thing does not end as another. */
  readonly purpose: string
}

/** Begins it; answers where the browser is led. */
export async function beginErrand(
  visit: Visit,
  { provider, path, purpose }: Errand,
): Promise<string> {
  const { deps } = visit
  const state = randomToken()
  const redirectUri = `${deps.config.publicUrl}${path}`
  const verifier = verifierOf(visit, purpose, state)
  const { url } = await beginOwnSignIn(deps, { provider, redirectUri, state, verifier })
  return url
}

/**
 * What the browser is back with. Whoever has found the address, or leads another browser to it, has another verifier: the code is
 * then used up for nothing.
 * @throws TidingsError UNAUTHENTICATED (refused there, or out of reach)
 */
export function endOfErrand(visit: Visit, purpose: string): CodeInput {
  const { req } = visit.request
  const code = req.query('code')
  if (code === undefined)
    throw new TidingsError('UNAUTHENTICATED', WHY.get(req.query('error') ?? '') ?? FAILED)
  return { code, verifier: verifierOf(visit, purpose, req.query('state') ?? '') }
}

/** Made of the browser's cookie each time, so that nothing is kept; the form token of no form has such a purpose. */
export function verifierOf(visit: Visit, purpose: string, state: string): string {
  return visit.formToken(`elsewhere ${purpose} ${state}`)
}

const FAILED = 'Signing in there did not work. Try it again.'
const WHY: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'Nobody has signed in there.'],
  ['temporarily_unavailable', 'The other server cannot be reached now. Try it again later.'],
])
