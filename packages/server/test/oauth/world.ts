import { createHash, randomBytes } from 'node:crypto'
import { isTidingsError, type LegacySwitch, type OAuthGrantType } from '@tidings/protocol/wire'
import { digestOf } from '../../src/auth/primitives.ts'
import type { Clock } from '../../src/clock.ts'
import { resolveConfig } from '../../src/config.ts'
import { systemMachine } from '../../src/machine.ts'
import { openParts } from '../../src/parts.ts'
import type { Deps } from '../../src/services/deps.ts'
import { checkAuthorization } from '../../src/services/oauth/authorize.ts'
import { allowAuthorization, denyAuthorization } from '../../src/services/oauth/consent.ts'
import { OAuthError } from '../../src/services/oauth/error.ts'
import { OAuthParams } from '../../src/services/oauth/params.ts'
import { writeOAuthSettings } from '../../src/services/oauth/settings.ts'
import type { SignInProvider } from '../../src/sign-in-providers.ts'
import { grantToken } from '../../src/services/oauth/token.ts'
import {
  insertOAuthClient,
  replaceRedirectUris,
  updateOAuthClient,
  type OAuthClientRow,
} from '../../src/stores/oauth-client.ts'
import { insertClientScopes } from '../../src/stores/oauth-scope.ts'
import { register, type Person } from '../contract/person.ts'
import { reuseTestPlace, type Engine } from '../support/databases.ts'
import { quickPasswords } from '../support/quick-passwords.ts'
import { openWatchedLog } from '../support/watched-log.ts'

const SECRET = 'a secret of tests that is long enough 0123456789'
export const REDIRECT = 'https://app.example/callback'

/** A registered client of a test. */
export interface TestClient {
  readonly row: OAuthClientRow
  readonly id: string
  /** Empty of a public one. */
  readonly secret: string
  readonly basic: string
}

export interface ClientOptions {
  readonly isPublic?: boolean
  readonly state?: OAuthClientRow['state']
  readonly grantTypes?: readonly OAuthGrantType[]
  readonly legacySwitches?: readonly LegacySwitch[]
  readonly redirectUris?: readonly string[]
  readonly scopes?: readonly string[]
  readonly suspended?: boolean
}

export interface WorldOptions {
  readonly clock?: Clock
  readonly databaseUrl?: string
  /** By which the server is addressed. Browsers keep the cookies of `localhost` apart from those of `127.0.0.1`. */
  readonly host?: 'localhost' | '127.0.0.1'
  readonly providers?: readonly SignInProvider[]
  /** Ways of the older systems that the settings offer besides. */
  readonly olderGrants?: readonly ('password' | 'implicit')[]
}

/** What an endpoint has answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

export type Params = Readonly<Record<string, string>>

const GRANTS: readonly OAuthGrantType[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
]
const SCOPES: readonly string[] = [
  'messages:read',
  'messages:send',
  'conversations:read',
  'conversations:write',
]

/** A PKCE pair. */
export function pkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

async function offer(deps: Deps, grantTypes: OAuthGrantType[]): Promise<void> {
  await deps.database.tx((tx) => writeOAuthSettings(deps, tx, { grantTypes }))
}

/** A running server, its users and clients; whoever would click on the consent page is the test. */
export class OAuthWorld implements AsyncDisposable {
  readonly #dispose: () => Promise<void>
  readonly url: string
  readonly databaseUrl: string
  readonly deps: Deps
  readonly administrator: Person
  #count = 0

  private constructor(parts: {
    deps: Deps
    url: string
    databaseUrl: string
    administrator: Person
    dispose: () => Promise<void>
  }) {
    this.deps = parts.deps
    this.url = parts.url
    this.databaseUrl = parts.databaseUrl
    this.administrator = parts.administrator
    this.#dispose = parts.dispose
  }

  static async open(
    engine: Engine,
    { clock, databaseUrl, host = '127.0.0.1', providers = [], olderGrants = [] }: WorldOptions = {},
  ): Promise<OAuthWorld> {
    const place = databaseUrl === undefined ? await reuseTestPlace(engine) : undefined
    const watched = openWatchedLog([SECRET])
    const limits = { ipCallsPerSecond: 100_000, ipCallsBurst: 1_000_000, callsBurst: 1_000_000 }
    const own = { url: '' }
    const at = databaseUrl ?? place?.url ?? ''
    const resolved = resolveConfig({
      secrets: [SECRET],
      databaseUrl: at,
      port: 0,
      limits,
      providers,
    })
    const config = {
      ...resolved,
      get publicUrl() {
        return own.url
      },
    }
    const surroundings = { machine: systemMachine, passwords: quickPasswords(), log: watched.log }
    const postgres = { writers: 4, readers: 3 }
    own.url = 'http://127.0.0.1'
    const parts = await openParts({ ...surroundings, clock, postgres }, config)
    own.url = `http://${host}:${await parts.doors.listen({ host: '127.0.0.1', port: 0 })}`
    if (olderGrants.length > 0) await offer(parts.deps, [...GRANTS, ...olderGrants])
    const name = `administrator-${randomBytes(4).toString('hex')}`
    const administrator = await register({ url: own.url }, name)
    return new OAuthWorld({
      deps: parts.deps,
      url: own.url,
      databaseUrl: at,
      administrator,
      async dispose() {
        await parts.drain()
        await parts.close()
        await place?.[Symbol.asyncDispose]()
        watched.check()
      },
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#dispose()
  }

  person(name = 'person'): Promise<Person> {
    this.#count += 1
    return register(this, `${name}-${this.#count}`)
  }

  async keyOf({ accessToken }: Person): Promise<number> {
    return (await this.deps.auth.authenticate(accessToken)).userKey
  }

  async client(options: ClientOptions = {}): Promise<TestClient> {
    const { database } = this.deps
    const secret = options.isPublic === true ? '' : `tds_${randomBytes(24).toString('base64url')}`
    const creatorKey = await this.keyOf(this.administrator)
    const row = await database.tx(async (tx) => {
      const now = await database.now(tx)
      const made = await insertOAuthClient(database, tx, {
        id: randomBytes(12).toString('hex'),
        secretDigest: secret === '' ? null : digestOf(secret),
        name: 'A client',
        description: null,
        clientUri: null,
        logoUri: null,
        creatorKey,
        grantTypes: options.grantTypes ?? GRANTS,
        createdAt: now,
      })
      const redirectUris = options.redirectUris ?? [REDIRECT]
      await replaceRedirectUris(database, tx, { clientKey: made.key, redirectUris })
      const scopes = options.scopes ?? SCOPES
      const approval = { clientKey: made.key, scopes, approvedBy: creatorKey, approvedAt: now }
      await insertClientScopes(database, tx, approval)
      const change = {
        state: options.state ?? 'approved',
        legacySwitches: options.legacySwitches ?? [],
        suspendedAt: options.suspended === true ? now : null,
        updatedAt: now,
      }
      return updateOAuthClient(database, tx, { key: made.key, change })
    })
    const basic = `Basic ${Buffer.from(`${row.id}:${secret}`).toString('base64')}`
    return { row, id: row.id, secret, basic }
  }

  /** The address of an authorization request. */
  authorizeUrl(params: Params, path = '/oauth/authorize'): string {
    return `${this.url}${path}?${new URLSearchParams(params).toString()}`
  }

  /** What a browser is answered, which is told not to follow. */
  async browse(url: string): Promise<Answer & { readonly location: URL | undefined }> {
    const response = await fetch(url, { redirect: 'manual' })
    const text = await response.text()
    const location = response.headers.get('location')
    const { status, headers } = response
    const to = location === null ? undefined : new URL(location)
    return { status, headers, text, body: {}, location: to }
  }

  /** The user decides about a request. Answers where his browser goes. */
  async decide(
    person: Person,
    url: string,
    yes: { scopes?: readonly string[]; conversationIds?: readonly string[] } | 'no' = {},
  ): Promise<URL> {
    const { pathname, searchParams: query } = new URL(url)
    const isSeed = pathname.endsWith('/index')
    const found = await checkAuthorization(this.deps, { query, isSeed })
    if (found.outcome !== 'pending') throw new Error(`not pending: ${JSON.stringify(found)}`)
    const { pending } = found
    if (yes === 'no') return new URL(denyAuthorization(this.deps, pending))
    const actor = await this.deps.auth.authenticate(person.accessToken)
    const consent = { scopes: yes.scopes ?? pending.scopes, conversationIds: yes.conversationIds }
    return new URL(await allowAuthorization(this.deps, actor, { pending, consent }))
  }

  /** A code for a client, with what is needed to exchange it. */
  async code(
    client: TestClient,
    person: Person,
    more: Params & { readonly conversations?: never } = {},
    conversationIds?: readonly string[],
  ): Promise<{ readonly code: string; readonly verifier: string }> {
    const { verifier, challenge } = pkce()
    const url = this.authorizeUrl({
      response_type: 'code',
      client_id: client.id,
      redirect_uri: REDIRECT,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...more,
    })
    const to = await this.decide(
      person,
      url,
      conversationIds === undefined ? {} : { conversationIds },
    )
    const code = to.searchParams.get('code')
    if (code === null) throw new Error(`no code: ${to.href}`)
    return { code, verifier }
  }

  /** Posts a form. */
  async post(path: string, form: Params | string, headers: Params = {}): Promise<Answer> {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString()
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { ...type, ...headers },
      body,
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    const parsed = (isJson ? JSON.parse(text) : {}) as Answer['body']
    return { status: response.status, headers: response.headers, body: parsed, text }
  }

  token(client: TestClient, form: Params, headers: Params = {}): Promise<Answer> {
    const authorization = client.secret === '' ? {} : { authorization: client.basic }
    const id = client.secret === '' ? { client_id: client.id } : {}
    return this.post('/oauth/token', { ...id, ...form }, { ...authorization, ...headers })
  }

  exchange(
    client: TestClient,
    { code, verifier }: { readonly code: string; readonly verifier: string },
  ): Promise<Answer> {
    return this.token(client, {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT,
    })
  }

  /** Tokens of a client for a user, by the whole flow. */
  async tokens(
    client: TestClient,
    person: Person,
    { scope, conversationIds }: { scope?: string; conversationIds?: readonly string[] } = {},
  ): Promise<{ readonly access: string; readonly refresh: string }> {
    const more: Params = scope === undefined ? {} : { scope }
    const { body } = await this.exchange(
      client,
      await this.code(client, person, more, conversationIds),
    )
    return { access: String(body['access_token']), refresh: String(body['refresh_token']) }
  }

  /** The same without the way here, for very many at once: they all come in before the first is answered. */
  async grantAtOnce(
    client: TestClient,
    form: Params,
  ): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
    const params = new OAuthParams(new URLSearchParams(form))
    const from = { ip: '127.0.0.1', isSeed: false, hasQuery: false }
    try {
      const response = await grantToken(this.deps, { ...from, params, authorization: client.basic })
      return { status: 200, body: { ...response } }
    } catch (error) {
      if (error instanceof OAuthError) return { status: 400, body: { error: error.code } }
      // On a machine with much else to do not everybody gets a connection in time.
      if (isTidingsError(error) && error.retryable) return { status: 503, body: {} }
      throw error
    }
  }

  refresh(client: TestClient, token: string, more: Params = {}): Promise<Answer> {
    return this.token(client, { grant_type: 'refresh_token', refresh_token: token, ...more })
  }
}
