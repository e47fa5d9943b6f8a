import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { seconds } from './token-maker.ts'

/** A provider that says whatever a test wants it to: what no honest one does. */
export interface FalseProvider extends AsyncDisposable {
  readonly issuer: string
  /** Claims of the next id tokens, over the honest ones. */
  claims: Readonly<Record<string, unknown>>
  /** How the token endpoint answers: honestly, with an id token of another key or of none, with trouble, or not at all. */
  answer: 'honest' | 'foreign key' | 'unsigned' | 'no id token' | 'trouble' | 'refusal' | 'garbage'
  /** What the address that names the user answers. */
  user: unknown
  /** The bodies that came to the token endpoint. */
  readonly asked: URLSearchParams[]
}

/** Opens one. It leads every browser straight back, with the code `once:<what the client sent as nonce>`. */
export async function openFalseProvider(): Promise<FalseProvider> {
  const [own, foreign] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')]
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }
  const idToken = async (code: string): Promise<string> => {
    const claims = {
      iss: self.issuer,
      aud: 'tidings',
      sub: 'someone',
      nonce: code.replace(/^once:/, ''),
      iat: seconds(),
      exp: seconds() + 300,
      ...self.claims,
    }
    if (self.answer === 'unsigned') {
      const parts = [{ alg: 'none' }, claims].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      )
      return `${parts.join('.')}.`
    }
    const { privateKey } = self.answer === 'foreign key' ? foreign : own
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey)
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', self.issuer)
    const json = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const token = async (): Promise<void> => {
      const asked = new URLSearchParams(await text(request))
      self.asked.push(asked)
      if (self.answer === 'trouble') return json({}, 503)
      if (self.answer === 'refusal') return json({ error: 'invalid_grant' }, 400)
      if (self.answer === 'garbage') return void response.end('<p>a page</p>')
      const tokens = { access_token: 'an access token', token_type: 'bearer', expires_in: 60 }
      if (self.answer === 'no id token') return json(tokens)
      json({ ...tokens, id_token: await idToken(asked.get('code') ?? '') })
    }
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
      case '/.well-known/oauth-authorization-server':
        return json({
          issuer: self.issuer,
          authorization_endpoint: `${self.issuer}/authorize`,
          token_endpoint: `${self.issuer}/token`,
          jwks_uri: `${self.issuer}/jwks`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['ES256'],
          authorization_response_iss_parameter_supported: true,
        })
      case '/jwks':
        return json({ keys: [jwk] })
      case '/authorize': {
        const back = new URL(url.searchParams.get('redirect_uri') ?? '')
        back.searchParams.set('state', url.searchParams.get('state') ?? '')
        back.searchParams.set('code', `once:${url.searchParams.get('nonce') ?? ''}`)
        back.searchParams.set('iss', self.issuer)
        return void response.writeHead(302, { location: back.href }).end()
      }
      case '/token':
        return void token()
      case '/user':
        return json(
          self.user,
          request.headers.authorization === 'Bearer an access token' ? 200 : 401,
        )
      default:
        return json({}, 404)
    }
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const self: FalseProvider = {
    issuer: `http://127.0.0.1:${port}`,
    claims: {},
    answer: 'honest',
    user: undefined,
    asked: [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
  return self
}
