import * as client from 'openid-client'
import * as z from 'zod'
import type { SignInProvider } from '../sign-in-providers.ts'
import {
  ProviderFailure,
  type ProvenIdentity,
  type ProviderClient,
  type Providers,
} from './proven-identity.ts'

/** A provider answers within this time, seconds. */
const TIMEOUT_S = 5
/** Metadata is fetched anew after so long: endpoints may move. */
const METADATA_MS = 60 * 60 * 1000
/** No control characters, and nothing that a database could not keep. */
const PLAIN = /^\P{C}{1,255}$/u

// Itself, and not called by a function of ours: the discovery looks for it by its identity.
// oxlint-disable-next-line typescript/no-deprecated -- marked so for others to think twice
const allowLoopback: (config: client.Configuration) => void = client.allowInsecureRequests

/** Makes the clients of all providers. Nothing is fetched before the first sign-in by one. */
export function openProviders(
  providers: readonly SignInProvider[],
  elapsed: () => number,
): Providers {
  return new Map(providers.map((provider) => [provider.name, openProvider(provider, elapsed)]))
}

function openProvider(provider: SignInProvider, elapsed: () => number): ProviderClient {
  const configuration = kept(() => configure(provider), elapsed)
  return {
    name: provider.name,
    label: provider.label ?? provider.name,
    issuer: provider.issuer,
    authorizationUrl: (secrets, redirectUri) =>
      told(async () => {
        const scope = provider.scope ?? (isOpenId(provider) ? 'openid profile' : undefined)
        return client.buildAuthorizationUrl(await configuration(), {
          redirect_uri: redirectUri,
          state: secrets.state,
          code_challenge: await client.calculatePKCECodeChallenge(secrets.codeVerifier),
          code_challenge_method: 'S256',
          ...(scope === undefined ? {} : { scope }),
          ...(isOpenId(provider) ? { nonce: secrets.once } : {}),
        })
      }),
    finish: (secrets, answer) =>
      told(async () => {
        const config = await configuration()
        const tokens = await client.authorizationCodeGrant(config, answer, {
          expectedState: secrets.state,
          pkceCodeVerifier: secrets.codeVerifier,
          ...(isOpenId(provider) ? { expectedNonce: secrets.once } : {}),
        })
        return toIdentity(
          provider,
          isOpenId(provider)
            ? await fromIdToken(config, tokens)
            : await fromUserInfo(config, provider, tokens.access_token),
        )
      }),
  }
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>
type Found = { readonly subject: unknown; readonly name: unknown }

function isOpenId({ userInfo }: SignInProvider): boolean {
  return userInfo === undefined
}

async function configure(provider: SignInProvider): Promise<client.Configuration> {
  const { clientId, clientSecret } = provider
  const metadata = await metadataOf(provider)
  const methods = metadata.token_endpoint_auth_methods_supported
  const isPosted = methods !== undefined && !methods.includes('client_secret_basic')
  const prove = isPosted ? client.ClientSecretPost : client.ClientSecretBasic
  const proof = clientSecret === undefined ? client.None() : prove(clientSecret)
  const config = new client.Configuration(metadata, clientId, undefined, proof)
  config.timeout = TIMEOUT_S
  // Only addresses of this machine are: the settings are looked at before.
  if (provider.issuer.startsWith('http:')) allowLoopback(config)
  // The token comes by TLS from the provider itself, so the standard would let its signature be; ours costs nothing to speak of.
  if (isOpenId(provider)) client.enableNonRepudiationChecks(config)
  return config
}

async function metadataOf(provider: SignInProvider): Promise<client.ServerMetadata> {
  const { issuer, clientId, endpoints } = provider
  if (endpoints !== undefined) {
    const { authorization, token } = endpoints
    return { issuer, authorization_endpoint: authorization, token_endpoint: token }
  }
  const found = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
    algorithm: isOpenId(provider) ? 'oidc' : 'oauth2',
    timeout: TIMEOUT_S,
    execute: issuer.startsWith('http:') ? [allowLoopback] : [],
  })
  return found.serverMetadata()
}

/** Makes something once in a while; a failure is not kept. */
function kept<T>(make: () => Promise<T>, elapsed: () => number): () => Promise<T> {
  let last: { readonly made: Promise<T>; readonly at: number } | undefined
  return () => {
    if (last !== undefined && elapsed() - last.at < METADATA_MS) return last.made
    const made = make().catch((error: unknown) => {
      if (last?.made === made) last = undefined
      throw error
    })
    last = { made, at: elapsed() }
    return made
  }
}

async function fromIdToken(config: client.Configuration, tokens: Tokens): Promise<Found> {
  const claims = tokens.claims()
  const name = claims?.['preferred_username'] ?? claims?.['nickname']
  if (
    claims === undefined ||
    name !== undefined ||
    config.serverMetadata().userinfo_endpoint === undefined
  )
    return { subject: claims?.sub, name }
  // Only a name, and only a wish: nobody is kept out for the want of it.
  const info = await client
    .fetchUserInfo(config, tokens.access_token, claims.sub)
    .catch(() => undefined)
  return { subject: claims.sub, name: info?.preferred_username ?? info?.nickname }
}

async function fromUserInfo(
  config: client.Configuration,
  { userInfo }: SignInProvider,
  accessToken: string,
): Promise<Found> {
  const { url = '', subject = 'sub', name = 'preferred_username' } = userInfo ?? {}
  const response = await client.fetchProtectedResource(config, accessToken, new URL(url), 'GET')
  if (!response.ok) throw new ProviderFailure(response.status >= 500 ? 'unavailable' : 'failed')
  const fields = z.record(z.string(), z.unknown()).parse(await response.json())
  return { subject: fields[subject], name: fields[name] }
}

function toIdentity({ issuer }: SignInProvider, { subject, name }: Found): ProvenIdentity {
  // Some count their users. Beyond what a number holds exactly two of them would be one.
  const text = Number.isSafeInteger(subject) ? String(subject) : subject
  if (typeof text !== 'string' || !PLAIN.test(text)) throw new ProviderFailure('failed')
  return { issuer, subject: text, name: typeof name === 'string' ? name : undefined }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof ProviderFailure ? error : new ProviderFailure(reasonOf(error), error)
  }
}

function reasonOf(error: unknown): ProviderFailure['reason'] {
  if (error instanceof client.AuthorizationResponseError) {
    if (error.error === 'access_denied') return 'denied'
    return error.error === 'temporarily_unavailable' ? 'unavailable' : 'failed'
  }
  if (error instanceof client.ResponseBodyError)
    return error.status >= 500 ? 'unavailable' : 'failed'
  if (!(error instanceof Error)) return 'failed'
  // `fetch` fails with a TypeError whose cause says why.
  if (error instanceof TypeError) return 'unavailable'
  const code = 'code' in error ? error.code : undefined
  return code === 'OAUTH_TIMEOUT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM'
    ? 'unavailable'
    : 'failed'
}
