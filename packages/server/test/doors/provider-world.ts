import type { Engine } from '../support/databases.ts'
import { Browser } from '../support/browser.ts'
import { openOidcProvider, CLIENT, type OidcProvider } from '../support/oidc-provider.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.ts'
import { request, textOf, type Answer } from './support/seed-client.ts'

/** Where sign-ins end: an app on this machine. Nothing listens there; browsers of tests do not open it. */
export const APP = 'http://127.0.0.1:9/in'

/** A server, and a provider by which one can sign in there. */
export interface ProviderWorld extends AsyncDisposable {
  readonly server: TestServer
  readonly provider: OidcProvider
}

export async function openProviderWorld(
  engine: Engine,
  options: Partial<TestServerOptions> = {},
): Promise<ProviderWorld> {
  const provider = await openOidcProvider()
  const own = { name: 'example', label: 'Example', issuer: provider.issuer, ...CLIENT }
  const { providers = [] } = options.config ?? {}
  const config = { ...options.config, providers: [own, ...providers] }
  const server = await startTestServer({ ...options, engine, config })
  await provider.register(`${server.url}/oauth/callback/example`)
  return {
    server,
    provider,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

export async function rest(
  { url }: TestServer,
  path: string,
  options: Parameters<typeof request>[1] = {},
): Promise<Answer> {
  return request(`${url}/rest/v1${path}`, options)
}

export interface Begun {
  readonly url: string
  readonly verifier: string
}

export async function begin(server: TestServer, provider = 'example'): Promise<Begun> {
  const body = { provider, redirectUri: APP, state: 'of the app' }
  const answer = await rest(server, '/providers/begin', { body })
  return { url: textOf(answer, 'url'), verifier: textOf(answer, 'verifier') }
}

/** What the app is told when the browser has come back to it. */
export async function tell(begun: Begun, browser = new Browser()): Promise<Record<string, string>> {
  const end = await browser.followTo(begun.url, APP)
  return Object.fromEntries(end.searchParams)
}

/** Begins, and goes all the way; answers what the app ends it with. */
export async function proven(
  server: TestServer,
  provider = 'example',
): Promise<{ readonly code: string; readonly verifier: string }> {
  const begun = await begin(server, provider)
  const { code, ...rest } = await tell(begun)
  if (code === undefined) throw new Error(`no code but ${JSON.stringify(rest)}`)
  return { code, verifier: begun.verifier }
}

export async function signInBy(server: TestServer, provider = 'example'): Promise<Answer> {
  return rest(server, '/providers/complete', { body: await proven(server, provider) })
}

/** The code of a refusal, or `done`. */
export function codeOf({ body }: Answer): unknown {
  const { error } = body
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : 'done'
}
