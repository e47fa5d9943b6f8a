import { TidingsError, type Credentials } from '@tidings/protocol/wire'
import { isSignedOut, toTidingsError } from './errors.ts'

/**
 * Where a sign-in is kept between runs. What is saved lets its holder act as the user: keep it where only the app can
 * read it.
 *
 * @example
 * ```ts
 * const tokens: TokenStore = {
 *   load: () => JSON.parse(localStorage.getItem('tidings') ?? 'null') ?? undefined,
 *   save: (credentials) =>
 *     credentials ? localStorage.setItem('tidings', JSON.stringify(credentials)) : localStorage.removeItem('tidings'),
 * }
 * ```
 */
export interface TokenStore {
  load(): Credentials | undefined | Promise<Credentials | undefined>
  /** `undefined` after signing out: forget. */
  save(credentials: Credentials | undefined): void | Promise<void>
}

/** Keeps a sign-in as long as the program runs. */
export function memoryTokens(): TokenStore {
  let kept: Credentials | undefined
  return {
    load: () => kept,
    save: (credentials) => {
      kept = credentials
    },
  }
}

/**
 * Gives an access token that the app got by itself. `refused` is the one that the server called expired: then another one
 * is wanted.
 */
export type AccessTokenSource = (refused: string | undefined) => string | Promise<string>

/** Who the client acts as. */
export interface Tokens {
  /** The sign-in, as far as it is known by now. */
  readonly credentials: Credentials | undefined
  /** The token for a call; undefined when nobody is signed in. */
  get(): Promise<string | undefined>
  /**
   * Another token in place of one that has expired. However many ask, the server is asked once.
   * @throws TidingsError with a code of {@link isSignedOut} when the sign-in is over; others may be tried again
   */
  renew(expired: string): Promise<string>
  adopt(credentials: Credentials | undefined): Promise<void>
  /** As `adopt`, and somebody else has kept them already. */
  assume(credentials: Credentials | undefined): void
}

/** Calls `account.refresh`. */
export type Refresh = (refreshToken: string) => Promise<Credentials>

/** Tokens from a store, renewed by the server. */
class StoredTokens implements Tokens {
  readonly #store: TokenStore
  readonly #refresh: Refresh
  #credentials: Credentials | undefined
  /** The server's last word about the sign-in that is kept. */
  #over: TidingsError | undefined
  #loading: Promise<void> | undefined
  #renewing: Promise<string> | undefined

  constructor(store: TokenStore, refresh: Refresh) {
    this.#store = store
    this.#refresh = refresh
  }

  get credentials(): Credentials | undefined {
    return this.#credentials
  }

  async get(): Promise<string | undefined> {
    await this.#load()
    return this.#credentials?.accessToken
  }

  async renew(expired: string): Promise<string> {
    await this.#load()
    const token = this.#credentials?.accessToken
    if (token !== undefined && token !== expired) return token
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async adopt(credentials: Credentials | undefined): Promise<void> {
    this.assume(credentials)
    await this.#store.save(credentials)
  }

  assume(credentials: Credentials | undefined): void {
    this.#loading = Promise.resolve()
    this.#credentials = credentials
    this.#over = undefined
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadNow().catch((thrown: unknown) => {
      this.#loading = undefined
      throw thrown
    })
    return this.#loading
  }

  async #loadNow(): Promise<void> {
    const loaded = await this.#store.load()
    this.#credentials ??= loaded
  }

  async #renew(): Promise<string> {
    const before = this.#credentials
    const shared = await this.#store.load()
    if (before === undefined) throw new TidingsError('UNAUTHENTICATED')
    const isRenewed = shared !== undefined && shared.accessToken !== before.accessToken
    // Somebody who shares the store has renewed it: a refresh token used twice would end the session.
    if (isRenewed && shared.user.id === before.user.id) return this.#replace(before, shared)
    if (this.#over !== undefined) throw this.#over
    try {
      const renewed = await this.#refresh(before.refreshToken)
      const token = this.#replace(before, renewed)
      await this.#store.save(renewed)
      return token
    } catch (thrown) {
      const error = toTidingsError(thrown)
      if (isSignedOut(error) && this.#credentials === before) this.#over = error
      throw error
    }
  }

  /** Unless somebody has signed in or out meanwhile. */
  #replace(before: Credentials, credentials: Credentials): string {
    if (this.#credentials !== before) throw new TidingsError('UNAUTHENTICATED')
    this.#credentials = credentials
    return credentials.accessToken
  }
}

/** Tokens from the app: it knows how to renew them, and a sign-in through this client replaces them. */
function givenTokens(source: AccessTokenSource, own: Tokens): Tokens {
  let known: Promise<string> | undefined
  const ask = (refused: string | undefined): Promise<string> => {
    const asked = Promise.resolve(source(refused)).catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    known = asked
    return asked
  }
  return {
    get credentials() {
      return own.credentials
    },
    adopt: (credentials) => own.adopt(credentials),
    assume: (credentials) => own.assume(credentials),
    async get() {
      return (await own.get()) ?? (await (known ?? ask(undefined)))
    },
    async renew(expired) {
      if (own.credentials !== undefined) return own.renew(expired)
      const before = known ?? ask(undefined)
      const current = await before
      if (current !== expired) return current
      // Whoever comes first asks; the others find that it has been asked.
      return known === before || known === undefined ? ask(expired) : known
    },
  }
}

/** The tokens that a client's options ask for. */
export function openTokens(
  options: {
    readonly tokens?: TokenStore | undefined
    readonly accessToken?: AccessTokenSource | undefined
  },
  refresh: Refresh,
): Tokens {
  const own = new StoredTokens(options.tokens ?? memoryTokens(), refresh)
  return options.accessToken === undefined ? own : givenTokens(options.accessToken, own)
}
