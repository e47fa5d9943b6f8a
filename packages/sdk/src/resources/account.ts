import {
  TidingsError,
  type ChangePasswordInput,
  type Credentials,
  type EraseAccountInput,
  type ExportItem,
  type LoginInput,
  type Registered,
  type RegisterInput,
  type ResetPasswordInput,
  type UpdatePrivacyInput,
  type UpdateProfileInput,
  type User,
} from '@tidings/protocol/wire'
import { isSignedOut, toTidingsError } from '../errors.ts'
import type { Environment } from '../environment.ts'
import type { Rpc } from '../rpc.ts'
import type { Tokens } from '../tokens.ts'
import { exportItems, type ExportRange } from './export.ts'

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
  /** The user, as he sees himself. */
  get(): Promise<User>
  /** Sends a mail with a code that shows that the address is the user's. @throws TidingsError NO_MAIL, RATE_LIMITED */
  requestEmailVerification(): Promise<void>
  /** @throws TidingsError INVALID_CREDENTIALS when the code is wrong, was used, or is too old */
  verifyEmail(input: { readonly code: string }): Promise<void>
  /**
   * Sends whoever has the address a code by which he chooses another password. Whether there is anybody is not told.
   * @throws TidingsError NO_MAIL, RATE_LIMITED
   */
  requestPasswordReset(input: { readonly email: string }): Promise<void>
  /** Ends all of the user's sessions. @throws TidingsError INVALID_CREDENTIALS, as `verifyEmail` */
  resetPassword(input: ResetPasswordInput): Promise<void>
  /** Changes the profile: what is left out stays, and null takes it away. Others see it when they ask. */
  updateProfile(input: UpdateProfileInput): Promise<User>
  /** Says who may see that the user is online. It goes both ways. */
  updatePrivacy(input: UpdatePrivacyInput): Promise<User>
  /**
   * All that the user may see of himself and of his conversations, or of one of them, item by item; the server is asked for
   * more as they are taken.
   * @throws TidingsError NOT_FOUND for a conversation of which he sees nothing, RATE_LIMITED
   */
  export(input?: ExportRange): AsyncIterable<ExportItem>
  /**
   * Erases the account for good, and signs out as `logout` does. What he has written is deleted soon after.
   * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED
   */
  erase(input: EraseAccountInput): Promise<void>
  /** @throws TidingsError INVALID_CREDENTIALS, INVALID_INPUT */
  changePassword(input: ChangePasswordInput): Promise<void>
  /**
   * Shows again that it is the user; for ten minutes the server asks no more for what needs it (PASSWORD_REQUIRED).
   * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED
   */
  confirmPassword(input: { readonly password: string }): Promise<void>
}

export interface AccountOptions {
  readonly rpc: Rpc
  readonly tokens: Tokens
  readonly environment: Pick<Environment, 'after'>
  readonly signIn: (credentials: Credentials) => Promise<void>
  readonly disconnect: () => Promise<void>
  readonly signOut: () => Promise<void>
}

export function createAccount({
  rpc,
  tokens,
  environment,
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
    ...ownCalls(rpc),
    export: (range) => exportItems(rpc, environment, range),
    erase: (input) => rpc('account.erase', input).then(disconnect).then(signOut),
  }
}

/** What only passes on. */
function ownCalls(rpc: Rpc) {
  return {
    get: () => rpc('account.get', undefined),
    requestEmailVerification: () => rpc('account.requestEmailVerification', undefined),
    verifyEmail: (input) => rpc('account.verifyEmail', input),
    requestPasswordReset: (input) => rpc('account.requestPasswordReset', input),
    resetPassword: (input) => rpc('account.resetPassword', input),
    updateProfile: (input) => rpc('account.updateProfile', input),
    updatePrivacy: (input) => rpc('account.updatePrivacy', input),
    changePassword: (input) => rpc('account.changePassword', input),
    confirmPassword: (input) => rpc('account.confirmPassword', input),
  } satisfies Partial<AccountResource>
}
