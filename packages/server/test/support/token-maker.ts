import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose'

export const ISSUER = 'https://app.example.com'
export const AUDIENCE = 'tidings'

type Algorithm = 'RS256' | 'ES256' | 'EdDSA'
type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

interface Key {
  readonly kid: string
  readonly alg: Algorithm
  readonly privateKey: PrivateKey
  readonly published: JWK
}

/** What a token says; what is undefined it does not say. */
export type Claims = Readonly<Record<string, unknown>>

export interface Making {
  readonly kid?: string
  readonly alg?: string
  /** Seconds since 1970. @default now */
  readonly now?: number
}

/** The back end of an app, as far as it makes tokens: an address with its public keys, and the keys. */
export interface TokenMaker extends AsyncDisposable {
  readonly jwksUri: string
  /** How often its keys were fetched. */
  readonly fetches: () => number
  /** From now on the address answers 503, or not any more. */
  fail(isDown: boolean): void
  /** Publishes another key, and makes tokens with it. */
  addKey(alg: Algorithm): Promise<string>
  /** Publishes a key no more. */
  removeKey(kid: string): void
  make(claims: Claims, making?: Making): Promise<string>
}

export const seconds = (ms: number = Date.now()): number => Math.floor(ms / 1000)

/** A token's usual claims. */
export function claimsOf(claims: Claims, now = seconds()): JWTPayload {
  return { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + 900, ...claims }
}

/** Opens a token maker with one key of an algorithm. */
export async function openTokenMaker(alg: Algorithm = 'ES256'): Promise<TokenMaker> {
  const keys: Key[] = []
  let fetches = 0
  let isDown = false
  const server = createServer((_, response) => {
    fetches += 1
    response.statusCode = isDown ? 503 : 200
    response.setHeader('content-type', 'application/json')
    response.end(isDown ? '{}' : JSON.stringify({ keys: keys.map(({ published }) => published) }))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const maker: TokenMaker = {
    jwksUri: `http://127.0.0.1:${port}/jwks`,
    fetches: () => fetches,
    fail: (down) => {
      isDown = down
    },
    async addKey(algorithm) {
      const key = await newKey(algorithm, `key-${keys.length + 1}`)
      keys.push(key)
      return key.kid
    },
    removeKey(kid) {
      const at = keys.findIndex((key) => key.kid === kid)
      if (at >= 0) keys.splice(at, 1)
    },
    make(claims, making = {}) {
      const key = keys.at(-1)
      if (key === undefined) throw new Error('there is no key')
      const header = { alg: making.alg ?? key.alg, kid: making.kid ?? key.kid }
      return new SignJWT(claimsOf(claims, making.now))
        .setProtectedHeader(header)
        .sign(key.privateKey)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
  await maker.addKey(alg)
  return maker
}

async function newKey(alg: Algorithm, kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return {
    kid,
    alg,
    privateKey,
    published: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
  }
}

/** A token of an app that shares a secret with the server. */
export function makeWithSecret(secret: string, claims: Claims, alg = 'HS256'): Promise<string> {
  const key = new TextEncoder().encode(secret)
  return new SignJWT(claimsOf(claims)).setProtectedHeader({ alg }).sign(key)
}
