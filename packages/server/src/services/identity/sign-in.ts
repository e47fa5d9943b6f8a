import { TidingsError } from '@tidings/protocol/wire'
import { digestOf, randomToken } from '../../auth/primitives.ts'
import { ProviderFailure, type ProviderClient } from '../../auth/proven-identity.ts'
import {
  insertProviderSignIn,
  leadProviderSignIn,
  proveProviderSignIn,
  returnProviderSignIn,
  type ReturnedSignIn,
} from '../../stores/provider-sign-in.ts'
import type { Deps } from '../deps.ts'
import { requireAppAddress } from './app-address.ts'
import { requireConsumer } from './role.ts'

/** From the first request until the browser is back from the provider. */
const SIGN_IN_MS = 10 * 60 * 1000
/** From there until the app has used its code. */
const CODE_MS = 60 * 1000

/** What an app begins a sign-in with. */
export interface BeginInput {
  readonly provider: string
  /** Where in the app it ends. */
  readonly redirectUri: string
  /** Given back there. */
  readonly state?: string | undefined
}

/** What the app leads the browser to, and what it keeps to end the sign-in with. */
export interface BegunSignIn {
  readonly url: string
  readonly verifier: string
  readonly expiresAt: number
}

/**
 * Begins a sign-in by another provider. Whoever is to end it must know the verifier, so that a code that somebody finds, or puts in
 * front of somebody else, is worth nothing.
 * @throws TidingsError NOT_FOUND (no such provider), INVALID_INPUT (not an address of an allowed origin)
 */
export async function beginSignIn(deps: Deps, input: BeginInput): Promise<BegunSignIn> {
  requireAppAddress(deps.config, input.redirectUri)
  const verifier = randomToken()
  return { ...(await beginOwnSignIn(deps, { ...input, verifier })), verifier }
}

/**
 * The same for a page of ours, which knows where it ends and whose verifier is that of the browser.
 * @throws TidingsError NOT_FOUND (no such provider)
 */
export async function beginOwnSignIn(
  deps: Deps,
  input: BeginInput & { readonly verifier: string },
): Promise<Omit<BegunSignIn, 'verifier'>> {
  const { database, config } = deps
  const { name } = await requireProvider(deps, input.provider)
  const request = randomToken()
  const expiresAt = await database.tx(async (tx) => {
    const createdAt = await database.now(tx)
    const row = {
      digest: digestOf(request),
      provider: name,
      redirectUri: input.redirectUri,
      appState: input.state ?? null,
      verifierDigest: digestOf(input.verifier),
      createdAt,
      expiresAt: createdAt + SIGN_IN_MS,
    }
    await insertProviderSignIn(database, tx, row)
    return row.expiresAt
  })
  const url = `${config.publicUrl}/oauth/sign-in/${name}?request=${request}`
  return { url, expiresAt }
}

/** A browser that comes to us, on its way to the provider or back. */
export interface BrowserVisit {
  /** Of the address. */
  readonly provider: string
  /** What the browser's cookie holds: it binds the sign-in to the browser in which it was begun. */
  readonly browser: string
}

/**
 * Where the browser is led: to the provider, or back into the app when that cannot be reached.
 * @throws TidingsError NOT_FOUND, FORBIDDEN (the sign-in is over)
 */
export async function leadToProvider(
  deps: Deps,
  { provider: name, browser, request }: BrowserVisit & { readonly request: string },
): Promise<string> {
  const { database } = deps
  const provider = await requireProvider(deps, name)
  const state = randomToken()
  const row = await database.tx(async (tx) => {
    const now = await database.now(tx)
    const stateDigest = stateDigestOf(state, browser)
    return leadProviderSignIn(database, tx, { digest: digestOf(request), stateDigest, now })
  })
  if (row === undefined || row.provider !== name) throw over()
  try {
    const secrets = deps.auth.signInSecrets(state)
    return (await provider.authorizationUrl(secrets, callbackOf(deps, provider))).href
  } catch (thrown) {
    return failed(deps, row, thrown)
  }
}

/**
 * Where the browser is led that is back from the provider: into the app, with a code or with what has gone wrong, in the words of
 * RFC 6749. Nothing else has changed: an account is made, or linked, by who shows the code.
 * @throws TidingsError NOT_FOUND, FORBIDDEN (the sign-in is over, was begun in another browser, or is no sign-in of ours)
 */
export async function returnFromProvider(
  deps: Deps,
  { provider: name, browser, query }: BrowserVisit & { readonly query: URLSearchParams },
): Promise<string> {
  const { database } = deps
  const provider = await requireProvider(deps, name)
  const state = query.get('state') ?? ''
  // Used up in a transaction of its own, whatever comes of it.
  const row = await database.tx(async (tx) => {
    const now = await database.now(tx)
    return returnProviderSignIn(database, tx, { stateDigest: stateDigestOf(state, browser), now })
  })
  if (row === undefined) throw over()
  try {
    // The answer of one provider, shown to us as another's (RFC 9700, section 4.4).
    if (row.provider !== name) throw new ProviderFailure('failed')
    const answer = new URL(callbackOf(deps, provider))
    answer.search = query.toString()
    const secrets = deps.auth.signInSecrets(state)
    const { issuer, subject, name: called } = await provider.finish(secrets, answer)
    const code = randomToken()
    await database.tx(async (tx) => {
      const expiresAt = (await database.now(tx)) + CODE_MS
      const proof = { codeDigest: digestOf(code), issuer, subject, name: shortened(called) }
      await proveProviderSignIn(database, tx, { ...proof, digest: row.digest, expiresAt })
    })
    return backInApp(row, { code })
  } catch (thrown) {
    return failed(deps, row, thrown)
  }
}

async function requireProvider(deps: Deps, name: string): Promise<ProviderClient> {
  const provider = deps.providers.get(name)
  await requireConsumer(deps)
  if (provider === undefined) throw new TidingsError('NOT_FOUND')
  return provider
}

function over(): TidingsError {
  return new TidingsError(
    'FORBIDDEN',
    'This sign-in is over, or was begun in another browser. Go back to the app and begin it again.',
  )
}

/** To the letter what is registered at the provider, whatever address the browser has used. */
function callbackOf({ config }: Deps, { name }: ProviderClient): string {
  return `${config.publicUrl}/oauth/callback/${name}`
}

function stateDigestOf(state: string, browser: string): string {
  return digestOf(`${state}.${browser}`)
}

const ERRORS = {
  denied: 'access_denied',
  unavailable: 'temporarily_unavailable',
  failed: 'server_error',
} as const

function failed({ log }: Deps, row: ReturnedSignIn, thrown: unknown): string {
  if (!(thrown instanceof ProviderFailure)) throw thrown
  const { reason, cause } = thrown
  // Not the error itself: answers of providers hold tokens.
  const said = cause instanceof Error ? cause.message : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (reason !== 'denied')
    log.warn({ provider: row.provider, reason, said, code }, 'a sign-in by another provider failed')
  return backInApp(row, { error: ERRORS[reason] })
}

function backInApp(
  { redirectUri, appState }: ReturnedSignIn,
  answer: Readonly<Record<string, string>>,
): string {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
  if (appState !== null) url.searchParams.set('state', appState)
  return url.href
}

/** As much as a name could use; of what no database keeps, nothing. */
function shortened(name: string | undefined): string | null {
  const plain = name?.slice(0, 200).replaceAll(/\p{C}/gu, '') ?? ''
  return plain === '' ? null : plain
}
