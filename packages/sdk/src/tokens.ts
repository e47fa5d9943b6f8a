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
}

/** Calls `account.refresh`. */
export type Refresh = (refreshToken: string) => Promise<Credentials>

/** Tokens from a store, renewed by the server. */
export function storedTokens(store: TokenStore, refresh: Refresh): Tokens {
  let credentials: Credentials | undefined
  /** The server's last word about the sign-in that is kept. */
  let over: TidingsError | undefined
  let loading: Promise<void> | undefined
  let renewing: Promise<string> | undefined
  const load = (): Promise<void> => {
    loading ??= Promise.resolve(store.load()).then((loaded) => {
      credentials ??= loaded
    })
    return loading
  }
  const adopt = async (adopted: Credentials | undefined): Promise<void> => {
    loading = Promise.resolve()
    credentials = adopted
    over = undefined
    await store.save(adopted)
  }
  const renewNow = async (expired: string): Promise<string> => {
    // Somebody who shares the store may have renewed it: a refresh token used twice would end the session.
    const shared = await store.load()
    if (shared !== undefined && shared.accessToken !== expired) {
      credentials = shared
      return shared.accessToken
    }
    if (credentials === undefined) throw new TidingsError('UNAUTHENTICATED')
    if (over !== undefined) throw over
    try {
      const renewed = await refresh(credentials.refreshToken)
      await adopt(renewed)
      return renewed.accessToken
    } catch (thrown) {
      const error = toTidingsError(thrown)
      if (isSignedOut(error)) over = error
      throw error
    }
  }
  return {
    get credentials() {
      return credentials
    },
    adopt,
    async get() {
      await load()
      return credentials?.accessToken
    },
    async renew(expired) {
      await load()
      if (credentials !== undefined && credentials.accessToken !== expired)
        return credentials.accessToken
      renewing ??= renewNow(expired).finally(() => {
        renewing = undefined
      })
      return renewing
    },
  }
}

/** Tokens from the app: it knows how to renew them, and a sign-in through this client replaces them. */
export function givenTokens(source: AccessTokenSource, own: Tokens): Tokens {
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
    async get() {
      return (await own.get()) ?? (await (known ?? ask(undefined)))
    },
    async renew(expired) {
      if (own.credentials !== undefined) return own.renew(expired)
      const current = await (known ?? ask(undefined))
      return current === expired ? ask(expired) : current
    },
  }
}
