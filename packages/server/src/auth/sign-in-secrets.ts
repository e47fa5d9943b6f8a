import { authenticationCode, deriveKey } from './primitives.ts'
import type { SignInSecrets } from './proven-identity.ts'

/** The secrets of a sign-in by another provider, made of its state each time: nothing of them is stored. */
export function signInSecretsOf(secret: string, state: string): SignInSecrets {
  const key = deriveKey(secret, 'provider-sign-in')
  const codeVerifier = authenticationCode(key, `code verifier ${state}`)
  return { state, codeVerifier, once: authenticationCode(key, `id token ${state}`) }
}
