import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'

/** An OpenID provider in its own right, on a port of this machine, at which somebody is signed in by a word of the test. */
export interface OidcProvider extends AsyncDisposable {
  readonly issuer: string
  /** Knows one client, `tidings`, whose secret is `tidings-secret`. */
  register(redirectUri: string): Promise<void>
  /** Who signs in from now on; undefined for somebody who does not want to. */
  person: { readonly subject: string; readonly name?: string | undefined } | undefined
}

export const CLIENT = { clientId: 'tidings', clientSecret: 'tidings-secret' }

/** Opens one; it answers 503 until a client is registered. */
export async function openOidcProvider(): Promise<OidcProvider> {
  let handle = (_: IncomingMessage, response: ServerResponse): void => {
    response.statusCode = 503
    response.end()
  }
  const server = createServer((request, response) => handle(request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const self: OidcProvider = {
    issuer: `http://127.0.0.1:${port}`,
    person: undefined,
    async register(redirectUri) {
      handle = await handlerOf(self, redirectUri)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
  return self
}

async function handlerOf(self: OidcProvider, redirectUri: string) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const provider = new Provider(self.issuer, {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: [redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'only', alg: 'ES256', use: 'sig' }] },
    cookies: { keys: ['a key of tests'] },
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => Promise.resolve({ sub, preferred_username: self.person?.name }),
    }),
  })
  const serve = provider.callback()
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url?.startsWith('/interaction/') === true)
      void interact(provider, self, { request, response })
    else void serve(request, response)
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Where a person would fill in forms. */
async function interact(
  provider: Provider,
  { person }: OidcProvider,
  { request, response }: Exchange,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  const done = (result: Parameters<Provider['interactionFinished']>[2]) =>
    provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
  if (person === undefined) return done({ error: 'access_denied' })
  if (prompt.name === 'login') return done({ login: { accountId: person.subject } })
  const grant = new provider.Grant({
    accountId: session?.accountId ?? person.subject,
    clientId: String(params['client_id']),
  })
  grant.addOIDCScope('openid profile')
  return done({ consent: { grantId: await grant.save() } })
}
