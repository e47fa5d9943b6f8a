import {
  TidingsError,
  type ChangePasswordInput,
  type Credentials,
  type LoginInput,
  type Registered,
  type RegisterInput,
  type User,
} from '@tidings/protocol/wire'
import { isSignedOut, toTidingsError } from '../errors.ts'
import type { Rpc } from '../rpc.ts'
import type { Tokens } from '../tokens.ts'

/** The user's own account, and who this client acts as. */
export interface AccountResource {
  /**
   * Makes an account; with `signIn: true` this client acts as the new user at once.
   * @throws TidingsError USERNAME_TAKEN, EMAIL_TAKEN, REGISTRATION_CLOSED, INVALID_INPUT, RATE_LIMITED
   */
  register(input: RegisterInput): Promise<Registered>
  /**
   * Signs in by username or e-mail address. An open connection is replaced by one of this user.
   * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED
   */
  login(input: LoginInput): Promise<Credentials>
  /**
   * Renews the access token. The client does so by itself whenever one has expired.
   * @throws TidingsError UNAUTHENTICATED, SESSION_REVOKED
   */
  refresh(): Promise<void>
  /**
   * Ends the session on the server, closes the connection and forgets everything. When the server cannot be reached the
   * user is signed out here all the same, and the error tells that the session still exists there.
   */
  logout(): Promise<void>
  me(): Promise<User>
  /** @throws TidingsError INVALID_CREDENTIALS, INVALID_INPUT */
  changePassword(input: ChangePasswordInput): Promise<void>
}

export interface AccountOptions {
  readonly rpc: Rpc
  readonly tokens: Tokens
  readonly signIn: (credentials: Credentials) => Promise<void>
  readonly disconnect: () => Promise<void>
  readonly signOut: () => Promise<void>
}

export function createAccount({
  rpc,
  tokens,
  signIn,
  disconnect,
  signOut,
}: AccountOptions): AccountResource {
  return {
    async register(input) {
      const registered = await rpc('account.register', input)
      if (registered.credentials !== null) await signIn(registered.credentials)
      return registered
    },
    async login(input) {
      const credentials = await rpc('account.login', input)
      await signIn(credentials)
      return credentials
    },
    async refresh() {
      const token = await tokens.get()
      if (token === undefined) throw new TidingsError('UNAUTHENTICATED')
      await tokens.renew(token)
    },
    async logout() {
      // First, lest the end of the session look like something that was done to us.
      await disconnect()
      try {
        await rpc('account.logout', undefined)
      } catch (thrown) {
        if (!isSignedOut(toTidingsError(thrown))) throw thrown
      } finally {
        await signOut()
      }
    },
    me: () => rpc('account.me', undefined),
    changePassword: (input) => rpc('account.changePassword', input),
  }
}
